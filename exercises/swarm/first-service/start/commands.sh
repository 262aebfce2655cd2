# Is this Engine in a swarm? And what does a lamp do?
docker info --format 'swarm: {{.Swarm.LocalNodeState}}'
docker run --rm dd-lamp:1.0 cat /lamp

# A swarm, and three lamps
