"""What holds for every template: it renders, it takes each limit from the plan, it repeats none of them."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from infra.templates import FOLDER, SUFFIX, names, render
from runtime.errors import PlanError
from sizing.plan import FormerHosts, Plan, WebLimits
from tests.unit.observing.door import FIELDS
from tests.unit.sample_plan import SAMPLE

# Limits that become properties of a Swarm service instead of a line in a settings file (infra/topology.py).
OF_THE_SERVICE = {"memory_mib", "replicas"}
PARTS = {"frontdoor", "pagecache", "blogs", "wiki", "database", "objectcache"}


@pytest.mark.parametrize("name", names())
def test_a_template_renders_from_the_plan_alone(name: str) -> None:
    assert render(name, SAMPLE).strip()


def test_a_template_that_asks_for_an_unknown_limit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "wrong.conf.j2").write_text("children = {{ limits.blogs.childern }}\n")
    monkeypatch.setattr("infra.templates.FOLDER", tmp_path)
    with pytest.raises(PlanError, match="childern") as problem:
        render("wrong.conf", SAMPLE)
    assert problem.value.where == "infra/templates/wrong.conf.j2"


def _fields() -> list[tuple[str, str]]:
    return [(part, field) for part in sorted(PARTS) for field in type(getattr(SAMPLE.limits, part)).model_fields if field not in OF_THE_SERVICE]


@pytest.mark.parametrize(("part", "field"), _fields())
def test_a_limit_of_the_plan_reaches_a_template(part: str, field: str) -> None:
    before = {name: render(name, SAMPLE) for name in names()}
    limits: BaseModel = getattr(SAMPLE.limits, part)
    moved = limits.model_copy(update={field: getattr(limits, field) + 1})
    after = _with_limits(part, moved)
    assert any(render(name, after) != text for name, text in before.items()), f"limits.{part}.{field} changes no settings file"


def _with_limits(part: str, limits: BaseModel) -> Plan:
    return SAMPLE.model_copy(update={"limits": SAMPLE.limits.model_copy(update={part: limits})})


def _literals(text: str) -> set[str]:
    without_comments = re.sub(r"(?m)^\s*(#|--|;).*$", "", text)
    without_fills = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", without_comments)
    return set(re.findall(r"(?<![\w.:/-])\d{2,}(?![\w.:/-])", without_fills))


# Literals that are protocol, identity or shape, never something that sizing would answer.
ALLOWED = {
    "6379": "port of the object cache",
    "3306": "port of the database",
    "8404": "port of the metrics",
    "8080": "port of the pages",
    "308": "status",
    "301": "status",
    "421": "status",
    "502": "status",
    "503": "status",
    "504": "status",
    "120": "seconds after which somebody whose post was refused may ask again",
    "403": "status",
    "404": "status",
    "405": "status",
    "429": "status",
    "200": "status",
    "600": "file mode",
    "8192": "size of a DNS answer",
    "4096": "bytes that a pipe takes whole",
    "16": "hex digits of a pseudonym",
    "1500": "ms until the agent of a member counts as silent: twice, so that a busy host is not",
    "3000": "ms of a new process in which it asks the other front doors who is written to",
    "10": "tries of a connection to the database while its writer changes: five seconds",
    "100": "entries of the table of writers, which has one (with room for one it forgets)",
}
LITERALS_OF = ("frontdoor/haproxy.cfg", "pagecache/nginx.conf", "database/underdesk.cnf", "objectcache/valkey.conf")


@pytest.mark.parametrize("name", LITERALS_OF)
def test_no_template_holds_a_number_that_the_plan_should_give(name: str) -> None:
    found = _literals((FOLDER / (name + SUFFIX)).read_text())
    assert found <= set(ALLOWED), f"say in the plan, or why not here: {sorted(found - set(ALLOWED))}"


def test_blogs_and_wiki_take_their_own_limits() -> None:
    swapped = SAMPLE.model_copy(update={"limits": SAMPLE.limits.model_copy(update={"wiki": WebLimits(**{**SAMPLE.limits.wiki.model_dump(), "queue": 997})})})
    backends = dict(re.findall(r"(?ms)^backend (\w+)\n(.*?)(?=^\S|\Z)", render("frontdoor/haproxy.cfg", swapped)))
    assert "maxconn 997" in backends["wiki"]
    assert f"maxconn {SAMPLE.limits.blogs.queue}\n" in backends["blogs"]


def test_the_front_door_forgets_what_a_client_claims_before_it_sends_anything_on() -> None:
    lines = [line.strip() for line in render("frontdoor/haproxy.cfg", SAMPLE).splitlines()]
    claims = next(line for line in lines if line.startswith("http-request del-header ^(x"))
    pattern = re.compile(claims.split()[2])
    for header in ("remote-user", "x-remote-user", "auth-user", "x-forwarded-user", "x_forwarded_for", "remote_user", "x-real-ip"):
        assert pattern.search(header), header
    for header in ("accept", "cookie", "user-agent", "content-type", "authorization", "x-wp-nonce", "x-requested-with"):
        assert not pattern.search(header), header
    assert lines.index(claims) < next(i for i, line in enumerate(lines) if line.startswith("use_backend"))


def test_the_log_says_what_plan_observe_reads_and_neither_name_nor_query() -> None:
    text = render("frontdoor/haproxy.cfg", SAMPLE)
    (told,) = re.findall(r'log-format "(.*)"', text)
    names = set(re.findall(r"%\((\w+)(?::\w+)?\)", told))
    assert names == set(FIELDS)
    assert "txn.login" not in told
    assert not re.search(r"%(HU|HQ|\[(query|url|pathq|capture|req))", told)
    made = [line for line in text.splitlines() if "txn.visitor)" in line or "txn.person)" in line]
    assert [line for line in made if "set-var" in line and "hmac(sha256,txn.key)" not in line] == []


def test_a_cookie_from_outside_makes_nobody_a_person() -> None:
    logins = [line for line in render("frontdoor/haproxy.cfg", SAMPLE).splitlines() if "set-var(txn.login)" in line]
    assert len(logins) == 2
    assert all(" if inside " in line for line in logins)


@pytest.mark.parametrize(("port", "location"), [(443, "https://%[var(txn.host)]%[pathq]"), (8443, "https://%[var(txn.host)]:8443%[pathq]")])
def test_the_redirect_keeps_a_port_that_is_not_the_usual_one(port: int, location: str) -> None:
    ports = SAMPLE.platform.ports.model_copy(update={"https": port})
    plan = SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"ports": ports})})
    assert f"location {location}\n" in render("frontdoor/haproxy.cfg", plan)


def test_former_hosts_lead_on_before_anything_else_is_said_of_hosts_and_internal_ones_only_inside() -> None:
    platform = SAMPLE.platform.model_copy(update={"former_hosts": FormerHosts(internal=("a.before.example", "b.before.example"), wiki=("w.before.example",))})
    text = render("frontdoor/haproxy.cfg", SAMPLE.model_copy(update={"platform": platform}))
    assert "acl former_internal var(txn.host) -m str a.before.example b.before.example\n" in text
    assert f"{SAMPLE.platform.hosts.wiki} a.before.example b.before.example w.before.example }}\n" in text, "by http, too"
    assert "former_external" not in text
    assert text.index("former_internal !inside") < text.index("if { var(txn.today) -m found }") < text.index("deny_status 421 unless internal_host")
    assert "former" not in render("frontdoor/haproxy.cfg", SAMPLE)


def test_only_the_internal_host_serves_internal_uploads() -> None:
    names = dict(re.findall(r"(\S+) (internal|other);", render("blogs/nginx.conf", SAMPLE).replace("default other", "* other")))
    assert names == {"*": "other", SAMPLE.platform.hosts.internal: "internal"}


@pytest.mark.parametrize("visibility", ["internal", "external"])
def test_outsiders_reach_the_wiki_when_the_brief_says_external(visibility: str) -> None:
    spaces = tuple(space.model_copy(update={"visibility": visibility}) if space.kind == "wiki" else space for space in SAMPLE.platform.spaces)
    plan = SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"spaces": spaces})})
    rule = next(line.split() for line in render("frontdoor/haproxy.cfg", plan).splitlines() if "acl open_host" in line)
    assert (SAMPLE.platform.hosts.wiki in rule) == (visibility == "external")
    assert SAMPLE.platform.hosts.internal not in rule


def test_own_certificates_are_not_pinned_for_a_year() -> None:
    company = SAMPLE.platform.tls.model_copy(update={"certificate": "/pki/site.pem", "key": "/pki/site.key"})
    plan = SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"tls": company})})
    assert 'max-age=86400"' in render("frontdoor/haproxy.cfg", SAMPLE)
    assert 'max-age=31536000"' in render("frontdoor/haproxy.cfg", plan)


def test_no_answered_commit_can_be_lost_by_the_databases_settings() -> None:
    settings = render("database/underdesk.cnf", SAMPLE)
    assert "innodb_flush_log_at_trx_commit = 1\n" in settings
    assert "sync_binlog = 1\n" in settings
    assert "log_bin" in settings
