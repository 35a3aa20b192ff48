"""Questions for tests: the example, changed, with few draws."""

from typing import Any

from sizing.plan import Plan
from sizing.question import Answer, Question
from sizing.reading import validated
from sizing.size import answer as told
from sizing.size import made
from tests.unit.sizing.briefs import changed

DRAWS = 200
# A desk on which nothing but the processor can bind, whatever was measured last.
ROOMY = {"memory_gib": 1024, "disk_gib": 1_000_000, "network_mbit": 1_000_000, "disk_iops": 1_000_000}


def question(changes: dict[str, Any] | None = None, people: int | None = None, draws: int = DRAWS) -> Question:
    return Question(validated(changed(changes or {})), "/brief.yaml", people, draws=draws)


def answer(changes: dict[str, Any] | None = None, people: int | None = None, draws: int = DRAWS) -> Answer:
    return Answer(question(changes, people, draws))


def planned(changes: dict[str, Any] | None = None, people: int | None = None, draws: int = DRAWS) -> Plan:
    return made(told(question(changes, people), draws))


def desk(**parts: float) -> dict[str, float]:
    return {f"infrastructure.desk.{key}": value for key, value in parts.items()}
