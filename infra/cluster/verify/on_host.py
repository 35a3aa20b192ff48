"""Runs on a host, with what its Python brings: does each command that comes, one in each line, and says what it left."""

import json
import subprocess
import sys


def main() -> None:
    """Answer until nobody asks any more."""
    for line in iter(sys.stdin.readline, ""):
        command = ["/bin/sh", "-c", json.loads(line)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603 - ours
        sys.stdout.write(f"{json.dumps([done.returncode, done.stdout, done.stderr])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
