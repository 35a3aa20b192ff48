"""Who listens on this machine."""

import socket

import psutil

PATIENCE_S = 1


def answers(port: int) -> bool:
    """Tell whether something listens on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(PATIENCE_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def holder(port: int) -> str:
    """Return the name of the process that listens on ``port``, as far as we may see it."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid).name()
    return "an unknown process"
