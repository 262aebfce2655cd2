"""Sends one datagram to ADDRESS PORT, and prints what came back within two seconds."""

import socket
import sys

with socket.socket(type=socket.SOCK_DGRAM) as door:
    door.settimeout(2)
    door.connect((sys.argv[1], int(sys.argv[2])))
    try:
        door.send(b"hello")
        print(door.recv(99).decode())
    except OSError:
        print("nothing")
