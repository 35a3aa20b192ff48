"""Runs on a lab host: writes a row every 20 ms to the first member that says it serves, and notes each that was acknowledged.

``database_writer.py NAME PASSWORD_FILE ADDRESS...``; in /root/acknowledged stand number and moment of each. Standard library only.
"""

import http.client
import os
import select
import subprocess
import sys
import time
from contextlib import suppress

PAUSE_S, ANSWER_S, HEALTH_S = 0.02, 2.0, 0.7
CLIENT = ("--connect-timeout=1", "--batch", "--raw", "--skip-column-names", "--unbuffered", "blogs")


def serves(address: str) -> bool:
    """Ask as a front door does."""
    connection = http.client.HTTPConnection(address, 9200, timeout=HEALTH_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def answered(client: "subprocess.Popen[bytes]", statements: str) -> str:
    """Return what the server answers, '' where it does not in time."""
    if not client.stdin or not client.stdout:
        return ""
    with suppress(OSError):
        client.stdin.write(statements.encode())
        client.stdin.flush()
        if select.select([client.stdout], [], [], ANSWER_S)[0]:
            return os.read(client.stdout.fileno(), 4096).decode().strip()
    return ""


def main(name: str, passwords: str, *addresses: str) -> None:
    """Write until the end."""
    number, now, client = int(time.time() * 1000), "", None
    with open("/root/acknowledged", "a", encoding="ascii") as noted:  # noqa: PTH123 - as short as can be
        while True:
            if client is None:
                now = next((one for one in sorted(addresses, key=lambda one: one != now) if serves(one)), "")
                if not now:
                    time.sleep(PAUSE_S)
                    continue
                argv = ["mariadb", f"--defaults-file={passwords}", f"--host={now}", *CLIENT]
                client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            number += 1
            if answered(client, f"INSERT INTO written VALUES ({number}, '{name}'); SELECT {number};\n") == str(number):  # noqa: S608 - our own numbers
                noted.write(f"{number} {time.time():.3f}\n")
                noted.flush()
                os.fsync(noted.fileno())
                time.sleep(PAUSE_S)
            else:
                client.kill()
                client.wait()
                client = None


if __name__ == "__main__":
    main(*sys.argv[1:])
