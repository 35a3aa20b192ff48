"""What status says of age and open updates."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.upgrade.state import State
from infra.upgrade.updates import Found, Update

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
BUILT = {"base": NOW - timedelta(days=8, hours=3), "mail": NOW - timedelta(days=1)}
OPENSSL = Update(package="openssl", old="1", new="2", security=True)
NANO = Update(package="nano", old="1", new="2", security=False)


def said(found: Found | None = None, refusal: str = "") -> str:
    return "\n".join(State(BUILT, found, "version 3", refusal).lines(NOW))


def test_the_age_is_that_of_the_oldest_image() -> None:
    assert "packages     as of 2026-11-20, 8 days (oldest image: base)" in said()


def test_who_never_checked_is_told_so() -> None:
    assert "never checked: plan upgrade --check" in said()


@pytest.mark.parametrize(
    ("images", "host", "line"),
    [
        ({}, (), "none was open on 2026-11-28 10:00 UTC"),
        ({"mail": (OPENSSL, NANO)}, (OPENSSL, NANO), "open: 1 security and 1 other in the images, 1 security on this host (checked 2026-11-28 10:00 UTC)"),
        ({"base": (OPENSSL,), "mail": (OPENSSL,)}, (), "open: 1 security and 0 other"),
    ],
)
def test_open_updates_are_counted_with_the_time_of_the_check(images: dict[str, tuple[Update, ...]], host: tuple[Update, ...], line: str) -> None:
    assert line in said(Found(time="2026-11-28T10:00:00+00:00", images=images, host=host))


def test_refused_writes_are_said() -> None:
    assert "writes are refused" in said(refusal="writes are refused until the upgrade has ended; reading goes on")
