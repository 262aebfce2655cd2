docker compose up --detach --no-deps page
docker compose cp page/timetable.txt page:/timetable.txt
docker compose restart --no-deps page
