"""The iteration of approximate mean value analysis, in shares: how much of a class's cycle is spent at each station.

Fixed points are reached by squared extrapolation (Varadhan and Roland 2008) at every other
turn, scenario by scenario; those that have arrived leave the iteration.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sizing.queueing.arguments import Floats, Truths
from sizing.queueing.stations import Closed

TURNS = 500
JUMPING = 200
LONGEST_JUMP = 1e3
RESCALE = 8
TINY = 1e-300


@dataclass(frozen=True)
class State:
    """Of P populations, scenarios last: shares (P, C, K, S) of each class's jobs, waiting (P, C, L, S) at several servers, cycle times (P, C, S)."""

    share: Floats
    waiting: Floats
    cycle: Floats

    def part(self, rows: NDArray[np.intp]) -> "State":
        """Return some of the scenarios."""
        return State(self.share[..., rows], self.waiting[..., rows], self.cycle[..., rows])

    def put(self, rows: NDArray[np.intp], other: "State") -> None:
        """Overwrite some of the scenarios."""
        for mine, its in ((self.share, other.share), (self.waiting, other.waiting), (self.cycle, other.cycle)):
            mine[..., rows] = its


@dataclass(frozen=True)
class Networks:
    """Scenarios last. P populations: the full one, then (Linearizer) one with a job less of each class."""

    several: NDArray[np.intp]
    """(L,): the stations with several servers"""
    lost: NDArray[np.intp]
    """(P - 1,): the class of which each further population has one job less"""
    demands: Floats
    """(C, K, S)"""
    fastest: Floats
    """(K, S): the speed with many jobs there"""
    slow: Floats
    """(C, K, S): demands at that speed"""
    away: Floats
    """(C, S): seconds without a queue"""
    speeds: Floats
    """(L, m, S)"""
    jobs: Floats
    """(P, C, S)"""
    one: Floats
    """(P, C, S): 1 where the class has jobs"""
    shift: Floats
    """(P, C, K, S): jobs at the station that an arrival of the class finds more than shares tell"""

    @staticmethod
    def of(given: Closed, *, linearize: bool) -> "Networks":
        """Lay out checked networks; the Linearizer needs those with one job less too."""
        demands, away = given.queued.transpose(1, 2, 0).copy(), given.away.T.copy()
        full = given.populations.T
        lost = np.flatnonzero(full.any(axis=1)) if linearize else np.arange(0)
        jobs = np.concatenate([full[None], np.maximum(full - np.eye(len(full))[lost, :, None], 0.0)])
        speeds = given.speeds.transpose(1, 2, 0)
        fastest = speeds[:, -1].copy()
        several = np.flatnonzero((speeds < fastest[:, None]).any(axis=(1, 2)))
        size = int((speeds < fastest[:, None]).any(axis=(0, 2)).sum()) + 1
        shift = np.zeros((len(jobs), *demands.shape))
        arrays = (demands, fastest, demands / fastest, away, speeds[several, :size].copy(), jobs, np.minimum(jobs, 1.0), shift)
        return Networks(several, lost, *arrays)

    def part(self, rows: NDArray[np.intp]) -> "Networks":
        """Return some of the scenarios."""
        return Networks(self.several, self.lost, *(getattr(self, field.name)[..., rows] for field in fields(self)[2:]))

    def carry(self, moved: Floats) -> None:
        """Take over how shares (P - 1, C, K, S) moved with each lost job."""
        own = moved[np.arange(len(self.lost)), self.lost]
        self.shift[:, self.lost] = np.einsum("pcs,wcks->pwks", self.jobs, moved) - own * self.one[:, self.lost, None]

    def start(self) -> State:
        """Return the state in which nobody waits."""
        cycle = np.broadcast_to(self.slow.sum(axis=1) + self.away, self.jobs.shape)
        share = self.slow / np.maximum(cycle, TINY)[:, :, None]
        return State(share, np.zeros((*cycle.shape[:2], len(self.several), cycle.shape[-1])), np.array(cycle))

    def settle(self, state: State, tolerance: float) -> tuple[State, Truths]:
        """Iterate until shares change by no more than ``tolerance``; return the state and which scenarios got there."""
        left = np.arange(self.jobs.shape[-1])
        settled = np.zeros(left.shape, dtype=bool)
        found, networks = state.part(left), self
        for turn in range(TURNS):
            first = networks.step(state)
            move = first.share - state.share
            fresh = np.flatnonzero((np.abs(move).max(axis=(0, 1, 2)) <= tolerance) & ~settled[left])
            found.put(left[fresh], first.part(fresh))
            settled[left[fresh]] = True
            if settled.all():
                break
            second = networks.step(first)
            far = _jump(state.share, move, second.share - first.share) if turn % 2 == 0 and turn < JUMPING else second.share
            state = State(far, second.waiting, second.cycle)
            if settled[left].mean() > 1 / 4:
                still = np.flatnonzero(~settled[left])
                left, state, networks = left[still], state.part(still), networks.part(still)
        else:
            found.put(left, state)
        return found, settled

    def step(self, state: State) -> State:
        """One round of mean value analysis."""
        here = state.share * self.jobs[:, :, None]
        total = here.sum(axis=1)
        seen = total[:, None] - state.share * self.one[:, :, None]
        seen += self.shift
        np.maximum(seen, 0.0, out=seen)
        seen += 1
        seen *= self.slow
        seen[:, :, self.several] += state.waiting
        cycle = seen.sum(axis=2) + self.away
        waiting = self._waiting(cycle) if self.several.size else state.waiting
        seen /= np.maximum(cycle, TINY)[:, :, None]
        return State(seen, waiting, cycle)

    def _waiting(self, cycle: Floats) -> Floats:
        """Return what several servers cost more than one as fast as all of them, (P, C, L, S)."""
        demands = self.demands[:, self.several]
        load = np.einsum("pcs,cks->pks", self.jobs / np.maximum(cycle, TINY), demands)
        cost = _cost(load, self.speeds, self.fastest[self.several])
        waiting = cost[:, None] * demands
        waiting[:, self.lost] = np.maximum(cost[:, None] + (cost[1:] - cost[0]), 0.0) * demands[self.lost]
        return waiting


def _cost(load: Floats, speeds: Floats, fastest: Floats) -> Floats:
    """Sum over j < m - 1 of (j + 1) (1/s(j + 1) - 1/s(m)) p(j), p a birth-death queue offered ``load`` (P, L, S) erlang.

    p(0) follows from the utilisation law: the sum over j < m of (s(m) - s(j)) p(j) is s(m) - load.
    """
    weight = np.ones_like(load)
    norm = weight * fastest
    cost = np.zeros_like(load)
    for j in range(speeds.shape[1] - 1):
        speed = speeds[:, j]
        cost += weight * ((j + 1) / speed - (j + 1) / fastest)
        weight *= load / speed
        norm += weight * (fastest - speed)
        if j % RESCALE == RESCALE - 1:
            scale = np.maximum(norm, 1.0)
            weight, norm, cost = weight / scale, norm / scale, cost / scale
    result: Floats = cost * np.maximum(fastest - load, 0.0) / norm
    return result


def _jump(start: Floats, move: Floats, after: Floats) -> Floats:
    """Extrapolate two moves, each scenario by its own length; no share below zero."""
    bend = after - move
    length = np.sqrt(np.einsum("pcks,pcks->s", move, move) / np.maximum(np.einsum("pcks,pcks->s", bend, bend), TINY))
    length = np.clip(length, 1.0, LONGEST_JUMP)
    far: Floats = np.maximum(start + 2 * length * move + length**2 * bend, 0.0)
    return far
