# What a person reads from `%layers` or from the archive, as a script: names and places differ from learner to learner.
folder=$(mktemp -d)
docker save dd-leaky:1.0 | tar -x -C "$folder"
number=0
for layer in $(python3 -c 'import json, sys; print(*json.load(sys.stdin)[0]["Layers"])' < "$folder/manifest.json"); do
    number=$((number + 1))
    for name in $(tar -tf "$folder/$layer" | grep '^srv/.'); do
        echo "layer $number: $name"
        if tar -xOf "$folder/$layer" "$name" | grep -q '^dd-token-'; then
            path=/$name found=$number token=$(tar -xOf "$folder/$layer" "$name")
        fi
    done
done
rm -r "$folder"
