for twin in a b; do docker run -d --name dd-twin-$twin nginx:1.26; done
echo "$WORD" > page.html
docker cp page.html dd-twin-a:/usr/share/nginx/html/index.html
docker restart dd-twin-a
