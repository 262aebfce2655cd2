# 1. Two containers from nginx:1.26: dd-twin-a and dd-twin-b.

# 2. Write $WORD into /usr/share/nginx/html/index.html of dd-twin-a.

# 3. Stop dd-twin-a and start it again.

# 4. Look: what differs between the two, and what does not?
