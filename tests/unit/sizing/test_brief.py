"""A good brief becomes what deployment needs, and its digest stands for its content."""

import re

import pytest

from sizing.brief import platform
from sizing.reading import parse, validated
from sizing.size import digest, size
from sizing.vocabulary import minutes, weekdays
from sizing.writing import commented, reference
from tests.unit.sizing.briefs import PILOT, ROOT, VALUE, changed, without


def test_the_example_is_the_company_of_the_pilot() -> None:
    brief = parse(PILOT)
    assert brief.people == 400
    assert [space.kind for space in brief.spaces] == ["blog", "blog", "blog", "blog", "wiki"]
    assert len({group.time_zone for group in brief.audience if group.name != "Headquarters"}) == 3


def test_files_of_the_brief_are_found_from_its_folder_wherever_deploy_runs() -> None:
    named = {"certificate": "tls/site.pem", "key": "/pki/site.key", "authority": "../root.pem"}
    tls = size(validated(changed({"infrastructure.tls": named})), "/briefs/firm/brief.yaml").platform.tls
    assert (tls.certificate, tls.key, tls.authority) == ("/briefs/firm/tls/site.pem", "/pki/site.key", "/briefs/firm/../root.pem")
    assert platform(parse(PILOT), "/briefs/firm/brief.yaml").tls.certificate == ""


def test_deployment_gets_hosts_ports_and_spaces_of_the_brief() -> None:
    made = platform(parse(PILOT))
    assert (made.name, made.hosts.wiki, made.ports.https) == ("pilot", "wiki.pilot.test", 443)
    assert made.mail.sender == "platform@pilot.test"
    assert made.mail.relay == ""
    assert [space.path for space in made.spaces] == ["", "field", "workshop", "", ""]


def test_mail_comes_from_the_administrator_where_no_sender_is_named() -> None:
    assert platform(validated(without("infrastructure.mail"))).mail.sender == "admin@pilot.test"


def test_comments_and_white_space_do_not_change_the_digest() -> None:
    assert digest(parse(PILOT)) == digest(parse("# more\n" + PILOT.replace("cores: 2", "cores:   2")))


def test_no_former_hosts_and_none_named_are_the_same_digest() -> None:
    assert (
        digest(validated(changed({"access.former_hosts": {}})))
        == digest(parse(PILOT))
        != digest(validated(changed({"access.former_hosts.wiki": ["w.test.example"]})))
    )


@pytest.mark.parametrize("path", ["name", "audience[3].people", "spaces[1].title", "purpose.replaces"])
def test_every_value_changes_the_digest(path: str) -> None:
    new = 61 if path.endswith("people") else "other"
    assert digest(validated(changed({path: new}))) != digest(parse(PILOT))


def test_host_names_are_kept_in_small_letters() -> None:
    assert validated(changed({"access.hosts.wiki": "Wiki.Pilot.TEST"})).access.hosts.wiki == "wiki.pilot.test"


@pytest.mark.parametrize(
    ("text", "expected"), [("08:00-17:00", (480, 540)), ("22:00-06:00", (1320, 480)), ("00:00-24:00", (0, 1440)), ("17:30-00:15", (1050, 405))]
)
def test_hours_have_a_start_and_a_length_also_over_midnight(text: str, expected: tuple[int, int]) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("mon-fri", (0, 1, 2, 3, 4)), ("sat-mon", (0, 5, 6)), ("tue, thu", (1, 3)), ("sun", (6,))])
def test_days_are_ranges_and_lists_also_over_the_weekend(text: str, expected: tuple[int, ...]) -> None:
    assert weekdays(text) == expected


def test_a_commented_brief_reads_back_as_what_was_written() -> None:
    assert parse(commented(VALUE)) == parse(PILOT)


def test_the_optional_lines_of_a_commented_brief_are_right_when_uncommented() -> None:
    required = ("schema", "name", "company", "administrator_mail", "purpose", "audience", "access", "spaces", "infrastructure")
    lines = commented({key: VALUE[key] for key in required}).splitlines()
    optional = [line.replace("# ", "", 1) for line in lines if re.match(r"# (discovery|processes|integration|behaviour|targets):|#   ", line)]
    parse("\n".join([line for line in lines if not line.startswith("#")] + optional))


def test_the_reference_page_is_current() -> None:
    assert (ROOT / "docs/reference/brief.md").read_text(encoding="utf-8") == reference(), "write sizing.writing.reference() there"


@pytest.mark.parametrize("relay", ["10.1.2.3", "10.1.2.3:2525", "mail.firm.test", "mail.firm.test:25"])
def test_a_mail_relay_is_named_by_host_or_address(relay: str) -> None:
    assert platform(validated(changed({"infrastructure.mail.relay": relay}))).mail.relay == relay


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("infrastructure.registry", "localhost:5000/team"),
        ("infrastructure.registry", "registry.firm.example/a_b/c--d.e"),
        ("spaces[0].title", "Familie 👨\u200d👩 · שלום"),
        ("spaces[0].title", "?"),
        ("administrator_mail", "first.last+tag@pilot.test"),
        ("infrastructure.backup.to", "/devices/proc"),
        ("infrastructure.backup.to", "s3:https://s3.test:9000/backups/a..b"),
    ],
)
def test_what_looks_like_a_mistake_and_is_none_is_taken(path: str, value: str) -> None:
    assert validated(changed({path: value}))


def test_changes_may_lie_beside_backups_of_a_like_name() -> None:
    assert validated(changed({"infrastructure.backup.to": "/mnt/a", "infrastructure.backup.changes_to": "/mnt/a-changes"}))
