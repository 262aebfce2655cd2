"""Tells the height of the tide: / for people, /health for machines."""

import tides

RELEASE = "first"


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/health":
        status, text = "200 OK", "well\n"
    elif path == "/":
        status, text = "200 OK", f"{tides.height('quay')} m at the quay (release {RELEASE}, tides {tides.__version__})\n"
    else:
        status, text = "404 Not Found", "no such page\n"
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
