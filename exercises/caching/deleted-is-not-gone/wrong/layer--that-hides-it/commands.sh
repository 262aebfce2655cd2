. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' "$path" $((found + 3)) "$token" > answers.toml
