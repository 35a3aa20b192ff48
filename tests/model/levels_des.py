"""A simulated platform for the capacity search: cores shared by all who are there (processor sharing), piecewise constant load."""

import numpy as np
from numpy.typing import NDArray

from tests.model.des import _pop, _push, compiled

Floats = NDArray[np.float64]


@compiled
def shared(cores: int, at: Floats, work: Floats, seconds: int) -> tuple[Floats, Floats]:
    """Return the response (s) of each job that comes ``at`` (n,) with ``work`` (s of a core), and how many core seconds each second had."""
    jobs = len(at)
    keys, there, size = np.empty(jobs + 1), np.empty(jobs + 1, np.int64), 0
    response, busy = np.zeros(jobs), np.zeros(seconds)
    now, virtual, coming = 0.0, 0.0, 0
    while coming < jobs or size:
        speed = min(1.0, cores / size) if size else 1.0
        ends = now + (keys[0] - virtual) / speed if size else np.inf
        until = min(ends, at[coming] if coming < jobs else np.inf)
        begin, working = now, min(size, cores)
        while working and begin < until and int(begin) < seconds:
            stop = min(until, int(begin) + 1.0)
            busy[int(begin)] += working * (stop - begin)
            begin = stop
        virtual += speed * (until - now)
        now = until
        if ends <= until:
            job = there[0]
            response[job] = now - at[job]
            size = _pop(keys, there, size)
        else:
            size = _push(keys, there, size, virtual + work[coming], coming)
            coming += 1
    return response, busy
