# dd-created: made, never started

# dd-running: runs

# dd-paused: paused

# dd-finished: exited with code 0

# dd-stopped: exited with code 143

docker ps --all
