. ./find-token.sh
printf 'path = "%s"\nlayer = %s\ntoken = "%s"\n' /srv/build.log "$found" "$token" > answers.toml
