. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' "/root/${path##*/}" "$found" "$token" > answers.toml
