for job in 1 2 3 4; do
    docker rm --force dd-job-$job
    docker run --name dd-job-$job busybox:1.37 sh -c 'for n in 1 2 3; do echo token 1a2b3c4$n >&2; sleep 1; done; exit 4'
done
echo 'token = "1a2b3c42"' > answers.toml
