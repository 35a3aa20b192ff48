"""When things were written: working hours of two years that end on a fixed day, so that a seed gives the same addresses for ever."""

from datetime import UTC, datetime, timedelta

from loadtests.seed.chance import Chance

LAST_DAY = datetime(2026, 10, 30, tzinfo=UTC)
DAYS = 700
FIRST_HOUR, HOURS = 7, 10
WEEKEND = 5


def moment(chance: Chance, newest: float = 1.0) -> datetime:
    """Return a moment in working hours; ``newest`` (0 to 1) says how far on in the two years it lies at most."""
    day = LAST_DAY - timedelta(days=DAYS * (1 - newest * chance.share()))
    return _working(day.replace(hour=0, minute=0, second=0, microsecond=0), chance)


def later(chance: Chance, than: datetime, days: int) -> datetime:
    """Return a moment in working hours up to ``days`` later, and never after the last day."""
    return min(_working(than + timedelta(days=chance.between(0, days)), chance, than), LAST_DAY + timedelta(days=1))


def _working(day: datetime, chance: Chance, after: datetime | None = None) -> datetime:
    while day.weekday() >= WEEKEND:
        day += timedelta(days=1)
    found = day.replace(hour=FIRST_HOUR, minute=0, second=0) + timedelta(minutes=chance.between(0, HOURS * 60), seconds=chance.between(0, 59))
    return found if after is None or found > after else after + timedelta(minutes=chance.between(1, 90))


def written(moment_: datetime) -> str:
    """Return a moment as the platform's tools read it (UTC)."""
    return moment_.strftime("%Y-%m-%d %H:%M:%S")
