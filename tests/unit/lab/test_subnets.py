"""The network of a lab hides nothing that this machine needs."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.lab import subnets
from runtime.errors import PlanError

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
tun0\t0000D50A\t00000000\t0001\t0\t0\t0\t0080FFFF\t0\t0\t0
"""


def test_the_first_free_one_is_taken() -> None:
    assert str(subnets.choose([])) == "10.213.0.0/24"
    assert str(subnets.choose([IPv4Network("10.213.0.0/23")])) == "10.213.2.0/24"
    assert str(subnets.choose([IPv4Network("10.0.0.0/8")])) == "192.168.213.0/24"
    with pytest.raises(PlanError, match="no private network is free"):
        subnets.choose([IPv4Network("0.0.0.0/0")])


@given(st.lists(st.sampled_from(subnets.CANDIDATES), max_size=20))
def test_what_is_chosen_is_free(taken: list[IPv4Network]) -> None:
    assert not any(subnets.choose(taken).overlaps(one) for one in taken)


def test_routes_of_the_kernel_are_read_and_the_default_one_hides_nothing() -> None:
    assert [(str(network), whose) for network, whose in subnets.routed(ROUTES)] == [
        ("172.17.0.0/16", "reached by docker0"),
        ("10.213.0.0/17", "reached by tun0"),
    ]


def test_networks_of_the_engine_are_read_those_without_addresses_and_ipv6_left_out() -> None:
    inspected = [
        {"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}, {"Subnet": "fd00::/64"}]}},
        {"Name": "host", "IPAM": {"Config": None}},
        {"Name": "none", "IPAM": {}},
    ]
    assert list(subnets.engines(inspected)) == [(IPv4Network("172.17.0.0/16"), "the engine's network bridge")]


def test_name_servers_are_not_hidden() -> None:
    assert [str(network) for network, _ in subnets.resolvers(["10.213.0.53"])] == ["10.213.0.53/32"]


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        ("10.213.0.0", "1 addresses", "/25 to /16"),
        ("10.213.0.5/24", "is no IPv4 network", "10.213.7.0/24"),
        ("office", "is no IPv4 network", "10.213.7.0/24"),
        ("fd00::/64", "is no IPv4 network", "10.213.7.0/24"),
        ("8.8.8.0/24", "is not private", "10.0.0.0/8"),
        ("127.3.0.0/24", "is not private", "10.0.0.0/8"),
        ("169.254.0.0/24", "is not private", "10.0.0.0/8"),
        ("10.0.0.0/8", "16,777,216 addresses", "/25 to /16"),
        ("10.9.0.0/26", "64 addresses", "/25 to /16"),
        ("172.17.4.0/24", "is taken: 172.17.0.0/16 is the engine's network bridge", "take another"),
    ],
)
def test_a_network_that_is_none_for_a_lab_is_refused_with_the_mend(text: str, said: str, mend: str) -> None:
    with pytest.raises(PlanError, match=said) as refused:
        subnets.wanted(text, [(IPv4Network("172.17.0.0/16"), "the engine's network bridge")])
    assert refused.value.where == "--subnet"
    assert mend in refused.value.hint


def test_a_free_private_network_is_taken_as_it_is_said() -> None:
    assert str(subnets.wanted("192.168.7.0/25", [])) == "192.168.7.0/25"
