. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' "$path" $((found + 5)) "$token" > answers.toml
