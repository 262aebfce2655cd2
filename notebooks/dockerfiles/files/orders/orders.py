"""A page that says how many orders are open."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Open orders: 3\n"]
