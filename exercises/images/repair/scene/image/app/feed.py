"""Serve the feed on port 8080."""

from serve import serve

print("feed: listening on port 8080", flush=True)
serve(8080, "<feed/>\n")
