"""Runs on a host that drives load, by its own Python 3: starts Locust, lets it speak with the command over this session, and ends it with the session.

The first line of stdin says what to start; with a ``port`` to meet at, everything after it is what the process that hears all says to
Locust, and stdout what Locust says to that one. Nothing listens but on this host's loopback, and everything ends when stdin does.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
CHUNK = 65536
STDIN = 0
SILENT_S = 30.0
"""The process that hears all speaks five times a second: who hears nothing for so long is alone."""
END_S = 5.0
BEGIN_S = 120.0


def main(packages: str, ours: str) -> int:
    """Do what the first line says; return what Locust returned."""
    told = json.loads(_line())
    with tempfile.TemporaryDirectory(prefix="underdesk-load-") as name:
        folder = Path(name)
        target = _written(told, folder)
        with socket.socket() as meeting:
            meeting.bind((LOOPBACK, 0))
            meeting.listen(1)
            places = {"@ours": ours, "@target": str(target), "@port": str(meeting.getsockname()[1])}
            words = [_put(word, places) for word in told["argv"]]
            environment = {**os.environ, "HOME": name, "PYTHONPATH": f"{packages}:{ours}", "PYTHONDONTWRITEBYTECODE": "1"}
            process = subprocess.Popen(  # noqa: S603 - argv list
                [*_mortal(), sys.executable, "-s", "-m", "locust", *words],
                env=environment,
                cwd=name,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                start_new_session=True,
            )
            threading.Timer(told["limit_s"], _end, (process,)).start()
            talk = threading.Thread(target=_talk if told["worker"] else _listen, args=(meeting, process), daemon=True)
            talk.start()
            code = process.wait()
        if not told["worker"]:
            with suppress(OSError):
                sys.stdout.write((folder / "summary.json").read_text(encoding="utf-8") + "\n")
                sys.stdout.flush()
    return code


def _mortal() -> list[str]:
    """Return what lets the kernel end Locust with us, however we end."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _line() -> bytes:
    """Return the first line; what stands behind it is left to be read."""
    said = bytearray()
    while (piece := os.read(STDIN, 1)) not in {b"", b"\n"}:
        said += piece
    return bytes(said)


def _written(told: dict[str, Any], folder: Path) -> Path:
    """Write what Locust reads; nobody else may."""
    trusted, target = folder / "ca.pem", folder / "target.json"
    trusted.write_text(told["trusted"], encoding="ascii")
    whole = {**told["target"], "ca_file": str(trusted), "summary": str(folder / "summary.json"), "conductor": os.getpid()}
    target.touch(0o600)
    target.write_text(json.dumps(whole), encoding="utf-8")
    return target


def _put(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _listen(_: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """End Locust when the session ends."""
    while os.read(STDIN, CHUNK):
        pass
    _end(process)


def _talk(meeting: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """Let Locust's one connection be the session; when either ends, so does the other."""
    heard = [time.monotonic() + BEGIN_S]
    threading.Thread(target=_watch, args=(heard, process), daemon=True).start()
    try:
        line, _ = meeting.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_say, args=(line,), daemon=True).start()
        while piece := os.read(STDIN, CHUNK):
            heard[0] = time.monotonic()
            line.sendall(piece)
    except OSError:
        pass
    _end(process)


def _say(line: socket.socket) -> None:
    with suppress(OSError):
        while piece := line.recv(CHUNK):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()


def _watch(heard: list[float], process: "subprocess.Popen[bytes]") -> None:
    while time.monotonic() - heard[0] < SILENT_S:
        time.sleep(1)
    _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End Locust and whatever it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
            return


if __name__ == "__main__":
    code = main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    os._exit(code if code >= 0 else 1)  # a thread may still wait for what is said
