# What a person predicts who reads the list, as a script: the order differs from learner to learner.
docker run --rm dd-disputes:1.0 | while IFS=: read -r number dispute; do
    case $dispute in
        *"compose.yaml does not name"*) place=image ;;
        *"run -e") place=run ;;
        *"env_file, and environment") place=env_file ;;
        *"with nothing behind it") place=.env ;;
        *"environment does not name NAME" | *"image, and env_file") place=env_file ;;
        *"and the shell; "*) place=shell ;;
        *) place=--env-file ;;
    esac
    echo "dispute-$number = \"$place\""
done > answers.toml
