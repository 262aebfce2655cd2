for n in 1 2 3; do
    docker run -d --label lamp=$n --restart always dd-lamp:1.0
done
