"""Which host names a public authority can issue for."""

import pytest

from sizing.public_names import private


@pytest.mark.parametrize(
    "host", ["blogs.pilot.test", "blogs.firm.internal", "wiki.local", "news.firm.lan", "a.home.arpa", "blogs.example.com", "Blogs.Firm.LOCAL"]
)
def test_a_name_that_nobody_can_own_is_refused_with_the_reason(host: str) -> None:
    assert private(host).startswith("names in .")


@pytest.mark.parametrize("host", ["blogs.firm.com", "intern.firm.de", "local.firm.eu", "a.test.firm.org", "myexample.com"])
def test_a_name_that_somebody_may_own_is_not(host: str) -> None:
    assert private(host) == ""
