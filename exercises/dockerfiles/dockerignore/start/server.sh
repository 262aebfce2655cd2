# Serves the pages of web/ on port 8080.
echo "server.sh: serving on port 8080"
exec httpd -f -p 8080 -h /app/web
