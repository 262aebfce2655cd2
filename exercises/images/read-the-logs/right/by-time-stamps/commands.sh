for job in dd-job-{1..4}; do
    [ "$(docker inspect --format '{{.State.ExitCode}}' $job)" -eq 0 ] || failed=$job
done
start=$(date -d "$(docker logs -t $failed 2>&1 | sort | head -n 1 | cut -d ' ' -f 1)" +%s%3N)
docker logs -t $failed 2>&1 >/dev/null | while read -r time word token; do
    after=$(( $(date -d "$time" +%s%3N) - start ))
    if [ "$word" = token ] && [ $after -gt 500 ] && [ $after -lt 1750 ]; then echo "token = '$token'"; fi
done > answers.toml
