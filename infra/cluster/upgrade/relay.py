"""Carry one connection: runs on a host, with what its Python brings; stdin and stdout are the client, the arguments are address and port."""

import os
import socket
import sys
import threading

CHUNK = 65536


def main(address: str, port: int) -> None:
    """Hand on what either says until both have ended."""
    with socket.create_connection((address, port), 10) as other:
        other.settimeout(None)
        threading.Thread(target=_there, args=(other,), daemon=True).start()
        while piece := other.recv(CHUNK):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()


def _there(other: socket.socket) -> None:
    while piece := os.read(sys.stdin.fileno(), CHUNK):
        other.sendall(piece)
    other.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
