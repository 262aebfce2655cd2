"""Connect to the line of a machine and hand the connection to SSH (its option ProxyUseFdpass).

Usage: machine_connect.py SOCKET
"""

from __future__ import annotations

import array
import socket
import sys

connected = socket.socket(socket.AF_UNIX)
connected.connect(sys.argv[1])
# The guest waits for this word on a line of its own; what an earlier connection left unread comes before it.
connected.sendall(b"\nbegin\n")
ours = socket.socket(fileno=sys.stdout.fileno())
ours.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connected.fileno()]))])
