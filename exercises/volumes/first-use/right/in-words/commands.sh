# What a person predicts, as a script: the cases differ from learner to learner.
image=$(docker run --rm dd-locker:1.0 ls /locker | xargs)
docker run --rm dd-locker:1.0 | while read -r number case; do
    case $case in
        mkdir* | *nocopy*) files="Nothing." ;;
        *touch*) files=${case%%;*} files=${files##*/} ;;
        *"rm /locker/*"*) files=$image ;;
        *"rm /locker"*) gone=${case%%;*} files=$(echo "$image" | xargs -n 1 | grep -vx "${gone##*/}" | xargs) ;;
        *) files=$image ;;
    esac
    echo "CASE-${number%:} = \"$(echo $files | tr " " "\n" | sort -r | xargs | sed "s/ /, /g")\""
done > answers.toml
cat answers.toml
