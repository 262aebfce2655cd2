#!/usr/bin/env python3
import http.client
import sys

connection = http.client.HTTPConnection("localhost", 8080, timeout=2)
try:
    connection.request("GET", "/")
    answer = connection.getresponse()
except OSError as error:
    sys.exit(f"look: {error}")
if answer.status != 200 or b"," not in answer.read():
    sys.exit(f"look: status {answer.status}")
