. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' "$path" "$found" "$token" | tee answers.toml
