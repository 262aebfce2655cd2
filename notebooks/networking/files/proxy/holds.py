"""Asks the Engine's name server for a name, and prints for how long the answer says that it holds."""

import socket
import struct
import sys

(name,) = sys.argv[1:]
asked = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack(">HH", 1, 1)
server = socket.socket(type=socket.SOCK_DGRAM)
server.settimeout(5)
server.sendto(struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + asked, ("127.0.0.11", 53))
answer = server.recv(512)
(seconds,) = struct.unpack_from(">I", answer, len(answer) - 10)  # before the length of an address and the address
print(f"{name} holds for {seconds} seconds")
