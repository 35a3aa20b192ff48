"""The time by which requests are scheduled and told: that of the command, whichever machine drives.

Imported by scenarios only, inside the Locust process.
"""

import time

ahead_s = 0.0
"""So far this machine's clock is ahead of the command's."""


def now() -> float:
    """Return the unix time at the command."""
    return time.time() - ahead_s
