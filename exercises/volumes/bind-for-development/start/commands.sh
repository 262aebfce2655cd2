# dd-board: nginx, with the folder dd-notices in it

docker ps --filter name=dd-board
