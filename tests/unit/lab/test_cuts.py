"""Cuts: what is asked for, the rules that it is, and what is read back."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.lab.cuts import ALL, Cut, Port, between, network_of, read, rules, table, told, without

PORTS = {"lab1": Port("02:42:0a:d5:00:0b", 11), "lab2": Port("02:42:0a:d5:00:0c", 12), "lab3": Port("02:42:0a:d5:00:0d")}
NAMES = st.sampled_from([ALL, *PORTS])
CUTS = st.frozensets(st.builds(Cut, NAMES, NAMES).filter(lambda cut: cut.source != cut.target))


def dropped(cuts: set[Cut]) -> list[str]:
    return re.findall(r"^ {4}(.*) drop comment", rules("lab", cuts, PORTS), re.MULTILINE)


@pytest.mark.parametrize(
    ("hosts", "others", "one_way", "cuts"),
    [
        (["lab1"], [], "", {Cut("lab1", ALL), Cut(ALL, "lab1")}),
        (["lab1"], [], "in", {Cut(ALL, "lab1")}),
        (["lab1"], [], "out", {Cut("lab1", ALL)}),
        (["lab1"], ["lab2"], "", {Cut("lab1", "lab2"), Cut("lab2", "lab1")}),
        (["lab1"], ["lab2", "lab3"], "in", {Cut("lab2", "lab1"), Cut("lab3", "lab1")}),
        (["lab1"], ["lab2", "lab3"], "out", {Cut("lab1", "lab2"), Cut("lab1", "lab3")}),
    ],
)
def test_what_is_cut(hosts: list[str], others: list[str], one_way: str, cuts: set[Cut]) -> None:
    assert between(hosts, others, one_way) == cuts


def test_a_whole_cut_drops_every_frame_of_the_host_and_every_flood_to_it() -> None:
    assert dropped({Cut("lab1", ALL), Cut(ALL, "lab1")}) == ["ether daddr 02:42:0a:d5:00:0b", "oif 11", "ether saddr 02:42:0a:d5:00:0b"]


def test_one_way_lets_addresses_be_asked_for_else_it_would_soon_be_both_ways() -> None:
    assert dropped({Cut("lab1", "lab2")}) == [
        "ether type != arp ether saddr 02:42:0a:d5:00:0b ether daddr 02:42:0a:d5:00:0c",
        "ether type != arp ether saddr 02:42:0a:d5:00:0b oif 12",
    ]
    assert "arp" not in "".join(dropped({Cut("lab1", "lab2"), Cut("lab2", "lab1")}))


def test_a_host_that_is_off_is_cut_by_its_address_alone() -> None:
    assert dropped({Cut("lab1", "lab3"), Cut("lab3", "lab1")})[0] == "ether saddr 02:42:0a:d5:00:0b ether daddr 02:42:0a:d5:00:0d"
    assert "oif 0" not in rules("lab", {Cut(ALL, "lab3")}, PORTS)


def test_rules_replace_those_before_in_one_step_on_every_way_through_the_bridge() -> None:
    text = rules("my-lab", {Cut(ALL, "lab1")}, PORTS)
    assert text.startswith("table bridge underdesk_lab_my_lab {\n}\ndelete table bridge underdesk_lab_my_lab\ntable bridge underdesk_lab_my_lab {\n")
    assert [f"hook {hook} " in text for hook in ("forward", "input", "output")] == [True] * 3
    assert text.count("{") == text.count("}")


def test_without_cuts_no_table_stays() -> None:
    assert rules("lab", (), {}) == f"table bridge {table('lab')} {{\n}}\ndelete table bridge {table('lab')}\n"


@given(CUTS)
def test_what_is_put_is_what_is_read(cuts: frozenset[Cut]) -> None:
    comments = re.findall(r'comment "(.*)"', rules("lab", cuts, PORTS))
    listed = {"nftables": [{"metainfo": {}}, {"chain": {}}, {"rule": {"expr": [{"jump": {}}]}}, *({"rule": {"comment": comment}} for comment in comments)]}
    assert read(json.dumps(listed)) == cuts


@given(CUTS, st.sampled_from(list(PORTS)))
def test_a_healed_host_has_a_whole_network_and_others_keep_their_cuts(cuts: frozenset[Cut], host: str) -> None:
    left = without(cuts, [host])
    assert network_of(host, left) == "whole"
    assert left == {cut for cut in cuts if host not in {cut.source, cut.target}}


@pytest.mark.parametrize(
    ("cuts", "word"),
    [
        (between(["lab1"], [], ""), "cut"),
        (between(["lab1"], [], "in"), "no way in"),
        (between(["lab1"], [], "out"), "no way out"),
        (between(["lab1"], ["lab2"], "out"), "partly cut"),
        (between(["lab2"], ["lab1"], "out"), "partly cut"),
        (between(["lab2"], [], ""), "whole"),
    ],
)
def test_the_network_of_a_host_in_a_word(cuts: frozenset[Cut], word: str) -> None:
    assert network_of("lab1", cuts) == word


def test_cuts_are_told_as_a_person_would() -> None:
    cuts = between(["lab1"], [], "") | between(["lab2"], ["lab3"], "out") | between(["lab3"], ["lab4"], "") | between(["lab5"], [], "in")
    assert told(cuts) == [
        "lab1: nothing reaches it, and it reaches nothing",
        "lab5: nothing reaches it; what it sends arrives",
        "lab2 does not reach lab3; the other way works",
        "lab3 and lab4 do not reach each other",
    ]
    assert told(between(["lab5"], [], "out")) == ["lab5: nothing that it sends arrives; it is reached"]
