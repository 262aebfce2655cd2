# Symptoms first: what runs, what has ended, and with which code?
docker ps --all --filter name=dd-repair --format 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'

# What did it say before it ended?
docker logs --tail 5 dd-repair-blog
