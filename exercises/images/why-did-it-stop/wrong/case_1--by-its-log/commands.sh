# What a person reads from `docker ps --all` and `docker inspect`, as a script: the cases differ from learner to learner.
for name in dd-case-1 dd-case-2 dd-case-3 dd-case-4 dd-case-5; do
    case $(docker inspect --format '{{.State.ExitCode}} {{.State.OOMKilled}}' $name) in
        "0 false") cause=done ;;
        "127 false") cause=not-found ;;
        *" true") cause=out-of-memory ;;
        "137 false") cause=killed ;;
        *) cause=error ;;
    esac
    echo "$name = \"$cause\""
done > answers.toml
# Of this case alone, whatever its cause is.
sed -i '/^dd-case-1 /{s/"error"/"not-found"/;t;s/"[^"]*"/"error"/}' answers.toml
