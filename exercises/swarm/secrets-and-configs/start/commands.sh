# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

# What does the customs house need, and where does it look for it?
docker run --rm dd-customs:1.0 sh -c 'cat /www/cgi-bin/*'
