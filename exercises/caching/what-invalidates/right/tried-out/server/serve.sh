# Shows the timetable on port $PORT.
exec httpd -f -p "$PORT" -h /app
