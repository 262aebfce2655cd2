failed=$(docker ps -a --filter name=dd-job- --filter exited=4 --format '{{.Names}}')
first=$(docker logs -t $failed 2>&1 | sort | head -n 1 | cut -d ' ' -f 1)
from=$(date -u -d "$first + 0.5 seconds" +%Y-%m-%dT%H:%M:%S.%NZ)
upto=$(date -u -d "$first + 1.75 seconds" +%Y-%m-%dT%H:%M:%S.%NZ)
docker logs --since $from --until $upto $failed 2>errors >/dev/null
echo "token = \"$(awk '/token/ {print $2}' errors)\"" > answers.toml
