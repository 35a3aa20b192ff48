"""Waiting for a condition, for modules."""

import time
from collections.abc import Callable


def met(condition: Callable[[], bool], limit_s: float, pause_s: float) -> bool:
    """Ask until the condition holds; return whether it did within ``limit_s``."""
    until = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(pause_s)
    return True
