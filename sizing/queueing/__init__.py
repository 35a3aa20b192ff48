"""Queueing networks, solved many at once: arrays in, arrays out (docs/reference/queueing.md)."""

from sizing.queueing.approximate import ApproximateNetworks, bard_schweitzer, linearizer
from sizing.queueing.closed import solve_closed
from sizing.queueing.erlang import erlang_b, erlang_c, stretch
from sizing.queueing.load_dependent import (
    FiniteBuffer,
    FiniteSource,
    LoadDependent,
    finite_buffer,
    machine_repairman,
    solve_load_dependent,
    usl_peak,
    usl_speeds,
    usl_speedup,
)
from sizing.queueing.mixed import ClosedClasses, MixedNetworks, OpenClasses, solve_mixed
from sizing.queueing.open import OpenNetworks, solve_open
from sizing.queueing.scalar import SATURATED, Pool, Solution, Station, alone, closed_throughput, finite_pool, open_network, pool_rates, present, shared
from sizing.queueing.stations import ClosedNetworks, server_speeds

__all__ = [
    "SATURATED",
    "ApproximateNetworks",
    "ClosedClasses",
    "ClosedNetworks",
    "FiniteBuffer",
    "FiniteSource",
    "LoadDependent",
    "MixedNetworks",
    "OpenClasses",
    "OpenNetworks",
    "Pool",
    "Solution",
    "Station",
    "alone",
    "bard_schweitzer",
    "closed_throughput",
    "erlang_b",
    "erlang_c",
    "finite_buffer",
    "finite_pool",
    "linearizer",
    "machine_repairman",
    "open_network",
    "pool_rates",
    "present",
    "server_speeds",
    "shared",
    "solve_closed",
    "solve_load_dependent",
    "solve_mixed",
    "solve_open",
    "stretch",
    "usl_peak",
    "usl_speeds",
    "usl_speedup",
]
