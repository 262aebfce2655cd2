# ruff: noqa: INP001 - a script beside its data, not part of a package
"""Write the programs hello-amd64 and hello-arm64, which print one sentence by two system calls and need no library."""

import struct
from pathlib import Path

ADDRESS = 0x400000
START = 64 + 56
AMD64, ARM64 = 0x3E, 0xB7


def program(machine: int, code: bytes, text: bytes) -> bytes:
    """An ELF file of one segment: its header, the segment's header, the code, the text."""
    size = START + len(code) + len(text)
    identity = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    fields = (2, machine, 1, ADDRESS + START, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, ADDRESS, size, size, 0x10000)
    return identity + struct.pack("<HHIQQQIHHHHHH", *fields) + segment + code + text


def amd64(text: bytes) -> bytes:
    """write(1, text, length); exit(0), for amd64."""
    write = b"\xb8\1\0\0\0\xbf\1\0\0\0"  # mov eax, 1; mov edi, 1
    write += b"\x48\x8d\x35" + struct.pack("<i", 16)  # lea rsi, [rip + 16]: the text behind the code
    write += b"\xba" + struct.pack("<I", len(text)) + b"\x0f\x05"  # mov edx, length; syscall
    leave = b"\xb8\x3c\0\0\0\x31\xff\x0f\x05"  # mov eax, 60; xor edi, edi; syscall
    return program(AMD64, write + leave, text)


def arm64(text: bytes) -> bytes:
    """write(1, text, length); exit(0), for arm64."""
    code = struct.pack(
        "<8I",
        0xD2800020,  # mov x0, 1
        0x100000E1,  # adr x1, 28 bytes on: the text behind the code
        0xD2800002 | len(text) << 5,  # mov x2, length
        0xD2800808,  # mov x8, 64
        0xD4000001,  # svc 0
        0xD2800000,  # mov x0, 0
        0xD2800BA8,  # mov x8, 93
        0xD4000001,  # svc 0
    )
    return program(ARM64, code, text)


if __name__ == "__main__":
    for name, made in (("amd64", amd64), ("arm64", arm64)):
        path = Path(__file__).parent / f"hello-{name}"
        path.write_bytes(made(f"I am a program for {name}.\n".encode()))
        path.chmod(0o755)
