"""What is asked of the sizing, and everything that is computed for it, each thing once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from runtime.errors import PlanError
from sizing.announcement import largest_wave
from sizing.brief import Brief
from sizing.calibration import NAME, Calibration
from sizing.capacity import Case, State
from sizing.catalogue import Catalogue, Host, hosts, own, standard
from sizing.demands import Table, demands
from sizing.evidence import Array, Evidence, evidence
from sizing.growth import Outlook
from sizing.ladder import MARGIN, ROLES_STEP, Ladder, Rung
from sizing.measured import Measuring
from sizing.network import Layout
from sizing.observed import replaced
from sizing.workload import workload

BEHAVIOUR: Final = ("sessions_per_person_day", "pages_per_session", "busiest_hour_share", "signed_in_share", "wiki_share", "commenters_share", "authors_share")
DRAWS: Final = 10_000
FIRST_DRAWS: Final = 2_000
CLOSE: Final = 0.03
"""Where the probability is nearer to the one that is wanted, the first draws do not settle it: more than three standard errors of them."""
CHOOSING: Final = 1_000
SERVED: Final = 400
SEED: Final = 1
BEYOND: Final = 1.002
MORE_CONFIDENCE: Final = (0.0, 0.25, 0.5, 0.75)
"""Parts of what is missing to certainty that are added until the chosen servers hold together."""
LEAST_FACTOR: Final = 1e-6


@dataclass(frozen=True)
class Question:
    """What is asked: a brief read from ``path``, the catalogue, what is assumed otherwise (``changes``: numbers by name), what was observed and measured.

    ``running`` are the tags of the platform's images now (None: not known); measurements of another version are refused.
    """

    brief: Brief
    path: str
    people: int | None = None
    catalogue: Catalogue | None = None
    changes: Mapping[str, float] = field(default_factory=dict)
    draws: int = FIRST_DRAWS
    calibration: Calibration | None = None
    calibration_path: str = ""
    running: Mapping[str, str] | None = None

    @cached_property
    def measuring(self) -> Measuring | None:
        """The demands that were measured; None where none were. Raises PlanError where they must not be used."""
        if self.calibration is None or self.calibration.measurements is None:
            return None
        return Measuring(self.calibration.measurements, own(self.brief.infrastructure.desk), self.calibration_path or NAME, self.running)

    @cached_property
    def demands(self) -> Table:
        """The demands: the evidence's, or those that were measured."""
        return demands() if self.measuring is None else self.measuring.table(demands())

    @cached_property
    def desk(self) -> Host:
        """The machine that is there."""
        desk = own(self.brief.infrastructure.desk)
        return desk if self.measuring is None else self.measuring.host(desk)

    @cached_property
    def numbers(self) -> Evidence:
        """The evidence, with what the brief knows better, what was observed, and what the question asks."""
        known = evidence().replaced("the brief", self.brief.behaviour.model_dump(include=set(BEHAVIOUR)))
        if self.calibration is not None and self.calibration.observations is not None:
            known = replaced(known, self.calibration.observations, self.brief)
        if self.measuring is not None:
            known = self.measuring.numbers(known)
        return known.replaced("asked: --what-if", self.changes)

    def case(self, draws: int, horizon: int) -> Case:
        """Return the people's requests in every scenario, the medians first; the worst moments are those of ``horizon`` months."""
        return self.case_drawn(draws, horizon, SEED)

    def case_drawn(self, draws: int, horizon: int, seed: int) -> Case:
        """Return the case with numbers drawn from another seed: other worlds that the same evidence allows."""
        values = self.numbers.drawn(draws, seed)
        drawn = self.demands.drawn(values, seed)
        whole = workload(self.brief, values, drawn, max(horizon, round(self.numbers["outlook_months"])), horizon)
        case = Case(self.brief, values, drawn, whole, horizon)
        return case if self.people is None else case.scaled(self.people)

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """The machines to choose from, the cheapest first."""
        found = hosts(self.catalogue or standard())
        return found if self.measuring is None else tuple(self.measuring.host(host) for host in found)


@dataclass(frozen=True)
class Answer:
    """Everything that is computed for one question, each thing once."""

    question: Question

    @cached_property
    def brief(self) -> Brief:
        """The brief."""
        return self.question.brief

    @cached_property
    def case(self) -> Case:
        """All scenarios."""
        return self.question.case(self.question.draws, self.brief.targets.horizon_months)

    @cached_property
    def few(self) -> Case:
        """The medians and the first draws: on these servers are chosen."""
        return self.case.only(np.arange(min(CHOOSING, self.question.draws) + 1))

    @cached_property
    def median(self) -> Case:
        """Every number at its median."""
        return self.case.only(np.arange(1))

    @cached_property
    def ladder(self) -> Ladder:
        """The choice of servers."""
        return Ladder(self.few, self.question.hosts, self.question.desk)

    @cached_property
    def rung(self) -> Rung:
        """The chosen servers; raises PlanError (exit code 3) where nothing that can be had is enough."""
        return self._chosen[0]

    @cached_property
    def outlook(self) -> Outlook:
        """The chosen servers over the months, in all draws."""
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[Rung, Outlook]:
        """The chosen servers, and they over the months: what is chosen on few draws, role by role, must hold in all of them together."""
        wanted = float(self.brief.targets.confidence)
        if self.ladder.allowed(1) and self._looked_at_in_full and self.desk_outlook.holds(self.case.horizon) >= wanted:
            return self.ladder.alone(), self.desk_outlook
        every = Ladder(self.case, self.question.hosts, self.ladder.desk)
        for more in MORE_CONFIDENCE:
            chosen = self.ladder.choose(wanted + more * (1 - wanted))
            if chosen is None:
                break
            found = outlook(self.case, chosen.layout, every.beside(chosen))
            if found.holds(self.case.horizon) >= wanted:
                return chosen, found
        raise self._none(wanted)

    def _none(self, wanted: float) -> PlanError:
        asked = self.brief.targets.availability_percent
        if not any(self.ladder.allowed(step) for step in range(1, ROLES_STEP + 1)):
            return PlanError(
                f"infeasible: nothing that can be built here is expected to be up {asked:g} % of the time",
                where="brief.yaml: targets.availability_percent",
                hint="ask for less availability",
                exit_code=3,
            )
        return PlanError(
            f"infeasible: no servers of the catalogue carry {self.case.workload.people:,} people within {self.brief.targets.page_p95_ms:g} ms"
            f" with a confidence of {wanted:g}, up {asked:g} % of the time",
            where="brief.yaml: targets",
            hint="ask for a slower page, less confidence or availability, or add larger shapes to the catalogue (plan size --catalogue FILE)",
            exit_code=3,
        )

    @cached_property
    def later(self) -> Ladder:
        """The choice of servers that hold until the end of the outlook."""
        case = self.question.case(CHOOSING, round(self.question.numbers["outlook_months"]))
        return Ladder(case, self.question.hosts, self.ladder.desk)

    @cached_property
    def _looked_at_in_full(self) -> bool:
        """Whether the machine that is there may be enough: then it is judged in all draws, else in few."""
        return self.question.draws <= FIRST_DRAWS or self.ladder.holds(Layout(1, self.ladder.desk), float(self.brief.targets.confidence) - 2 * MARGIN)

    @cached_property
    def desk_outlook(self) -> Outlook:
        """The machine that is there, alone, over the months."""
        return outlook(self.case if self._looked_at_in_full else self.few, Layout(1, self.ladder.desk))

    @cached_property
    def desk_people(self) -> Array:
        """People (S,) that the machine which is there carries alone."""
        return self._people(self.desk_outlook)

    @cached_property
    def people(self) -> Array:
        """People (S,) that the chosen servers carry over the horizon."""
        return self._people(self.outlook)

    @cached_property
    def served(self) -> Array:
        """People (S,) whose requests at the peak, as a load test drives it, the chosen servers answer within the targets, whatever memory and disk hold."""
        part = self.case.only(np.arange(min(SERVED, self.question.draws) + 1))
        carried = part.capacity_now(self.rung.layout, self.peak) * part.values["model_capacity_error"]
        edges = Ladder(part, self.question.hosts, self.ladder.desk).edges(self.rung, part.workload.moments[self.peak : self.peak + 1])
        return np.asarray(np.minimum(carried, edges) * part.workload.people)

    @staticmethod
    def _people(found: Outlook) -> Array:
        case = found.case
        carried = np.min(np.stack([*found.capacities, case.room(found.layout)]), axis=0)
        return np.asarray(carried * case.workload.people)

    @cached_property
    def wave(self) -> Array:
        """Factor (S,) by which the crowd of the announcement mail may grow."""
        return largest_wave(self.few, self.rung.layout, self.mailed) * self.few.values["model_capacity_error"]

    @cached_property
    def mailed(self) -> int:
        """Number of the moment after a mail to everyone, the announcement first; 0 where no mail is sent."""
        return 1 if len(self.case.workload.moments) > 1 else 0

    def states(self, factor: float = 1.0) -> list[State]:
        """Return the chosen servers at each of the worst moments under ``factor`` times the people, at the medians."""
        return [self.median.state(self.rung.layout, moment, factor) for moment in self.median.workload.moments]

    def worst(self, factor: float = 1.0) -> State:
        """Return the moment that uses most, at the medians."""
        return max(self.states(factor), key=lambda state: float(state.worst[0]))

    @cached_property
    def peak(self) -> int:
        """The number of the moment that the plan calls its peak."""
        return max(range(len(self._planned)), key=lambda at: float(self._planned[at].worst[0]))

    @property
    def at_peak(self) -> State:
        """The chosen servers at that moment, at the medians."""
        return self._planned[self.peak]

    @cached_property
    def _planned(self) -> list[State]:
        return self.states()

    @cached_property
    def at_capacity(self) -> State:
        """Return the chosen servers just beyond what they carry, at the medians."""
        return self.worst(self._just_beyond(self.people))

    @cached_property
    def at_served(self) -> State:
        """Return the chosen servers just beyond the load that they serve at the peak, at the medians."""
        case = self.median
        return case.state(self.rung.layout, case.workload.moments[self.peak], self._just_beyond(self.served), case.content(0))

    def _just_beyond(self, people: Array) -> float:
        return max(float(people[0]) / self.case.workload.people, LEAST_FACTOR) * BEYOND


def outlook(case: Case, layout: Layout, most: Array | float = np.inf) -> Outlook:
    """Return ``layout`` over the months; ``most`` (S,) is what hosts outside the layout carry (a factor of people)."""
    error = case.values["model_capacity_error"]
    capacities = tuple(np.minimum(case.capacity(layout, at) * error, most) for at in range(len(case.workload.moments)))
    return Outlook(case, layout, capacities, case.workload.adoption.shape[1] - 1)
