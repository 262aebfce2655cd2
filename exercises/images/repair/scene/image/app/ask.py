"""Exit with 0 if something answers on a port of this container: ask.py PORT."""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/", timeout=2)
except urllib.error.URLError as error:
    sys.exit(f"port {sys.argv[1]}: {error.reason}")
