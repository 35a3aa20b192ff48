"""Load goes to the deployment's own address and nowhere else."""

import socket

import pytest

from loadtests.resolve import check_own, only
from runtime.errors import PlanError


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_is_ours(address: str) -> None:
    check_own(address)


@pytest.mark.parametrize("address", ["203.0.113.5", "2001:db8::1", "0.0.0.0", "224.0.0.1", "www.example", ""])  # noqa: S104 - refused
def test_a_foreign_target_is_refused(address: str) -> None:
    with pytest.raises(PlanError) as caught:
        check_own(address)
    assert caught.value.hint
    assert caught.value.exit_code == 1


def _lookup(*asked: object, **_: object) -> list[object]:
    return [asked]


def test_the_platforms_names_lead_to_its_address() -> None:
    resolve = only({"Blogs.Example"}, "127.0.0.1", _lookup)
    assert resolve("blogs.example", 443, 0, socket.SOCK_STREAM) == [("127.0.0.1", 443, 0, socket.SOCK_STREAM)]
    assert resolve(b"blogs.example.", 443) == [("127.0.0.1", 443)]
    assert resolve("127.0.0.1", 443) == [("127.0.0.1", 443)]


@pytest.mark.parametrize("name", ["www.wordpress.org", "localhost", "203.0.113.5", "evil-blogs.example", ""])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(socket.gaierror, match="not part of this deployment"):
        only({"blogs.example"}, "127.0.0.1", _lookup)(name, 443)


def test_a_platform_beside_another_is_reached_at_its_own_port() -> None:
    resolve = only({"blogs.example"}, "127.0.0.1", _lookup, 4443)
    assert resolve("blogs.example", 443) == [("127.0.0.1", 4443)]
