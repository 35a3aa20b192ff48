"""What one process takes: seconds, CPU seconds, peak memory."""

import os
import sys
import time


def spent(argv: list[str]) -> tuple[float, float, int]:
    """Run ``argv`` in silence and return its seconds, CPU seconds and peak memory (KiB); ends this program where it fails."""
    start = time.monotonic()
    child = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss
