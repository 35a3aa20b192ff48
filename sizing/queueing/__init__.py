"""Queueing networks, solved many at once: arrays in, arrays out (docs/reference/queueing.md)."""

from sizing.queueing.approximate import ApproximateNetworks, bard_schweitzer, linearizer
from sizing.queueing.closed import solve_closed
from sizing.queueing.erlang import erlang_b, erlang_c, stretch
from sizing.queueing.load_dependent import (
    FiniteBuffer,
    FiniteSource,
    LoadDependent,
    finite_buffer,
    load_dependent,
    machine_repairman,
    usl_peak,
    usl_speeds,
    usl_speedup,
)
from sizing.queueing.mixed import ClosedClasses, MixedNetworks, OpenClasses, solve_mixed
from sizing.queueing.open import OpenNetworks, solve_open
from sizing.queueing.shared import SharedSolution, shared_processors
from sizing.queueing.stations import ClosedNetworks, server_speeds

__all__ = [
    "ApproximateNetworks",
    "ClosedClasses",
    "ClosedNetworks",
    "FiniteBuffer",
    "FiniteSource",
    "LoadDependent",
    "MixedNetworks",
    "OpenClasses",
    "OpenNetworks",
    "SharedSolution",
    "bard_schweitzer",
    "erlang_b",
    "erlang_c",
    "finite_buffer",
    "linearizer",
    "load_dependent",
    "machine_repairman",
    "server_speeds",
    "shared_processors",
    "solve_closed",
    "solve_mixed",
    "solve_open",
    "stretch",
    "usl_peak",
    "usl_speeds",
    "usl_speedup",
]
