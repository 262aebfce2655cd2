# What a person predicts, as a script: the changes differ from learner to learner.
docker run --rm dd-changes:1.0 | while read -r number change; do
    case $change in
        *"take the line"* | touch* | *debug.log | *tests/*) steps="none" ;;
        *"# "*) steps="B C" ;;
        *lines/*) steps="B C I J" ;;
        *packages.txt) steps="F G H I J" ;;
        *server/*) steps="H I J" ;;
        *REGION* | *COLOUR*) steps="G H I J" ;;
        *NUMBER* | *PORT*) steps="J" ;;
    esac
    case $change in
        *"# "*) steps="B C I J" ;;
    esac
    echo "change-${number%:} = \"$steps\""
done > answers.toml
cat answers.toml
