# What is there? A look changes nothing.
for name in dd-arrivals dd-departures dd-pilots; do
    echo "== $name"
    docker logs --tail 3 $name
    docker exec $name head -n 1 /journal/entries
done

# Mend the three.
