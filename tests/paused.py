"""A container that does nothing for a while, and keeps whoever waits for it waiting."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_S = 900


@contextmanager
def paused(container: str) -> Iterator[None]:
    """Stop every process of ``container`` for the time of the block."""
    subprocess.run(["docker", "pause", container], check=True, capture_output=True, timeout=LIMIT_S)
    try:
        yield
    finally:
        subprocess.run(["docker", "unpause", container], check=True, capture_output=True, timeout=LIMIT_S)
