"""What the server on this host says of itself, asked over its socket again and again."""

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from settings import SOCKET

CLIENT = ["/usr/bin/mariadb", "--no-defaults", f"--socket={SOCKET}", "--batch", "--raw", "--skip-column-names", "--connect-timeout=2"]
STATUS = (
    "wsrep_ready",
    "wsrep_cluster_status",
    "wsrep_local_state",
    "wsrep_local_state_uuid",
    "wsrep_last_committed",
    "wsrep_cluster_size",
    "wsrep_local_state_comment",
    "Threads_connected",
)
VARIABLES = ("read_only", "gtid_binlog_pos", "gtid_slave_pos", "wsrep_on")
LAST = VARIABLES[-1]
QUESTION = "; ".join(
    (
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('{}')".format("','".join(STATUS)),
        *(f"SHOW GLOBAL VARIABLES WHERE Variable_name = '{name}'" for name in VARIABLES),
        "\n",
    )
)
LIMIT_S = 1.0
PID_FILE = Path("/run/mysqld/mysqld.pid")


class Server:
    """A client that stays connected, so that a full server still answers it."""

    def __init__(self) -> None:
        self._client: subprocess.Popen[bytes] | None = None

    def ask(self) -> dict[str, str] | None:
        """Return status and variables by name, None where it does not answer in time."""
        try:
            return self._asked()
        except OSError:
            self._end()
            return None

    def _asked(self) -> dict[str, str] | None:
        if self._client is None or self._client.poll() is not None:
            self._end()
            self._client = subprocess.Popen([*CLIENT, "--unbuffered"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._client.stdin and self._client.stdout  # noqa: S101, PT018 - both are pipes
        self._client.stdin.write(QUESTION.encode())
        self._client.stdin.flush()
        said, until, handle = "", time.monotonic() + LIMIT_S, self._client.stdout.fileno()
        while f"\n{LAST}\t" not in said or not said.endswith("\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0] or not (more := os.read(handle, 65536)):
                self._end()
                return None
            said += more.decode(errors="replace")
        return dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)

    def _end(self) -> None:
        if self._client is not None:
            with suppress(OSError):
                self._client.kill()
            self._client.wait()
            for pipe in (self._client.stdin, self._client.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()
        self._client = None


def tell(statement: str) -> str:
    """Have the server do something; return what it answers. Raises CalledProcessError where it refuses."""
    return subprocess.run(CLIENT, input=statement, text=True, check=True, timeout=60, capture_output=True).stdout


def stop() -> None:
    """Have the server stop in order; the service manager starts it again."""
    with suppress(OSError, ValueError):
        os.kill(int(PID_FILE.read_text(encoding="ascii")), signal.SIGTERM)
