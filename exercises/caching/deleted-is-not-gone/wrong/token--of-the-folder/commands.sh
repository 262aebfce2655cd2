. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' "$path" "$found" "$(cat token.txt)" > answers.toml
