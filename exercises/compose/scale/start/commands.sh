# The box office is open. These look, and sell two seats.
docker compose ps --format '{{.Service}} {{.Name}} {{.State}}'
curl --silent http://127.0.0.1:18441/seat
curl --silent http://127.0.0.1:18441/seat

# Three tills
