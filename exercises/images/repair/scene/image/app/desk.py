"""Answer on port 8000, signed with DESK_TOKEN."""

import os
import sys

from serve import serve

if "DESK_TOKEN" not in os.environ:
    sys.exit("desk: DESK_TOKEN is not set, and I sign nothing without it")
serve(8000, f"The desk is open. Signed: {os.environ['DESK_TOKEN']}\n")
