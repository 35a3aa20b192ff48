"""The brief, ``brief.yaml``: what a company says about the platform it wants."""

from datetime import date
from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from sizing import plan
from sizing.audience import Behaviour, Discovery, Group
from sizing.infrastructure import Infrastructure, Integration
from sizing.interval import every_minutes
from sizing.public_names import private
from sizing.vocabulary import Entry, Host, Language, Line, MailAddress, Name, Network, Number, Path, Text, Whole, version, wrong

Lines = Annotated[tuple[Line, ...], Field(max_length=100)]


class Purpose(Entry):
    """Why the platform is wanted."""

    statement: Text = Field(description="what it is for, in a sentence or two", examples=["People in the field hear what headquarters decides, and answer."])
    goals: Lines = Field(default=(), description="what should become better", examples=[["field reports within a day"]])
    success: Lines = Field(default=(), description="how we know that it lives", examples=[["half of the people read weekly"]])
    replaces: Text = Field(default="", description="what it replaces", examples=["the newsletter"])


class HostNames(Entry):
    """Host names; stored here and nowhere else."""

    internal: Host = Field(description="internal blogs", examples=["blogs.pilot.test"])
    external: Host = Field(description="external blogs", examples=["www.pilot.test"])
    wiki: Host = Field(description="the wiki", examples=["wiki.pilot.test"])


FormerNames = Annotated[tuple[Host, ...], Field(max_length=12)]


class FormerHosts(Entry):
    """Host names of before: who comes by one is led on to the same page of today's host."""

    internal: FormerNames = Field(default=(), description="of the internal blogs", examples=[["blogs.desk.test"]])
    external: FormerNames = Field(default=(), description="of the external blogs", examples=[["www.desk.test"]])
    wiki: FormerNames = Field(default=(), description="of the wiki", examples=[["wiki.desk.test"]])


class Access(Entry):
    """Who reaches what, and how they sign in."""

    hosts: HostNames = Field(description="host names, distinct")
    former_hosts: FormerHosts = Field(default=FormerHosts(), description="host names of before, led on to those of today")
    internal_networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=100)] = Field(
        description="networks (CIDR) that may reach internal hosts", examples=[["10.0.0.0/8", "127.0.0.0/8"]]
    )
    sign_in: Literal["local", "ldap", "sso"] = Field(
        default="local", description="accounts: of the platform, of the directory, or single sign-on", examples=["local"]
    )


class Space(Entry):
    """A blog or the wiki."""

    kind: Literal["blog", "wiki"] = Field(description="blog, or wiki (at most one)", examples=["blog"])
    title: Line = Field(description="its title", examples=["News"])
    path: Path = Field(default="", description="below its host, without slashes; '' is the front of the host", examples=["news"])
    visibility: Literal["internal", "external"] = Field(
        default="internal",
        description="who may read it; an external wiki shows outsiders all that is in it, and lets them in no further",
        examples=["internal"],
    )
    owner: MailAddress | None = Field(default=None, description="who answers for it", examples=["editor@pilot.test"])
    approver: MailAddress | None = Field(default=None, description="who approves posts", examples=["editor@pilot.test"])


class InputFrom(Entry):
    """Someone whose input the brief needs."""

    who: Line = Field(description="name", examples=["Ada Example"])
    role: Line = Field(description="role", examples=["works council"])
    on: Annotated[date, Field(strict=True)] | None = Field(default=None, alias="date", description="when, YYYY-MM-DD", examples=[date(2026, 12, 1)])
    note: Text = Field(default="", description="what they said", examples=["agrees"])


class Approval(Entry):
    """What needs someone's yes."""

    what: Line = Field(description="what is approved", examples=["external posts"])
    by: Line = Field(description="by whom", examples=["communications"])


class Processes(Entry):
    """How content and decisions flow."""

    input_from: Annotated[tuple[InputFrom, ...], Field(max_length=100)] = Field(default=(), description="whose input was or will be asked")
    approvals: Annotated[tuple[Approval, ...], Field(max_length=100)] = Field(default=(), description="what needs someone's yes")
    moderation: Literal["before", "after", "none"] = Field(
        default="none", description="comments are checked before or after they appear, or not", examples=["none"]
    )
    retention_months: Annotated[Whole, Field(ge=1, le=1200)] | None = Field(default=None, description="how long content is kept", examples=[120])


class Targets(Entry):
    """What the platform must reach."""

    page_p95_ms: Annotated[Number, Field(gt=0, le=60000)] = Field(default=500.0, description="95 of 100 pages answer within this (ms)", examples=[500.0])
    availability_percent: Annotated[Number, Field(gt=0, lt=100)] = Field(default=99.0, description="of working time", examples=[99.0])
    horizon_months: Annotated[Whole, Field(ge=1, le=36)] = Field(default=12, description="months that the servers must hold", examples=[12])
    confidence: Annotated[Number, Field(ge=0.5, le=0.99)] = Field(
        default=0.8, description="how sure it must be that they hold, given what is not known", examples=[0.8]
    )
    recovery_point_minutes: Annotated[Number, Field(ge=0, le=525600)] = Field(default=1440.0, description="most work that may be lost", examples=[1440.0])
    recovery_time_minutes: Annotated[Number, Field(ge=0, le=525600)] = Field(default=480.0, description="longest time until it runs again", examples=[480.0])


class Brief(Entry):
    """The whole brief."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    schema_: Annotated[Literal[1], BeforeValidator(version)] = Field(alias="schema", description="version of this file's shape", examples=[1])
    name: Name = Field(description="prefix of everything that is made", examples=["pilot"])
    company: Line = Field(description="the company's name", examples=["Example Company"])
    language: Language = Field(default="en", description="content language (ISO 639-1)", examples=["en"])
    administrator_mail: MailAddress = Field(description="mail address of the administrator", examples=["admin@pilot.test"])
    purpose: Purpose = Field(description="why the platform is wanted")
    audience: Annotated[tuple[Group, ...], Field(min_length=1, max_length=1000)] = Field(description="the people, in groups")
    discovery: Discovery = Field(default=Discovery(), description="how people find it")
    access: Access = Field(description="who reaches what")
    spaces: Annotated[tuple[Space, ...], Field(min_length=1, max_length=1000)] = Field(description="blogs and the wiki")
    processes: Processes = Field(default=Processes(), description="how content and decisions flow")
    infrastructure: Infrastructure = Field(description="what it runs on")
    integration: Integration = Field(default=Integration(), description="what it is joined to")
    targets: Targets = Field(default=Targets(), description="what it must reach")
    behaviour: Behaviour = Field(default=Behaviour(), description="what people do, where you know better than the assumptions")

    @property
    def people(self) -> int:
        """Everyone in the audience."""
        return sum(group.people for group in self.audience)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for check in (_hosts_distinct, _hosts_public, _groups_fit, _spaces_fit):
            check(self)
        return self


def _hosts_distinct(brief: Brief) -> None:
    hosts = brief.access.hosts.model_dump()
    if len({*hosts.values()}) < len(hosts):
        raise wrong("access.hosts: two host names are the same", "write three different names: access rules and cookies go by host")
    every = [*hosts.values(), *(name for names in brief.access.former_hosts.model_dump().values() for name in names)]
    if twice := next((name for name in every if every.count(name) > 1), None):
        raise wrong(f"access.former_hosts: {twice} is named twice, or is a host of today", "name each host of before once, and none that is in access.hosts")


def _hosts_public(brief: Brief) -> None:
    acme = brief.infrastructure.tls.acme
    if acme is None or acme.authority:
        return
    former = ((f"former_hosts.{use}", name) for use, names in brief.access.former_hosts.model_dump().items() for name in names)
    for where, host in (*((f"hosts.{use}", name) for use, name in brief.access.hosts.model_dump().items()), *former):
        if why := private(host):
            said = f"access.{where}: no public authority issues a certificate for {host}: {why}"
            raise wrong(
                said, "use names of a domain that the company owns, name the root of its own ACME server (infrastructure.tls.acme.authority), or leave acme out"
            )


def _groups_fit(brief: Brief) -> None:
    names = [group.name for group in brief.audience]
    outside = [at for at, group in enumerate(brief.audience) if group.access == "internet"]
    if outside and all(space.visibility == "internal" for space in brief.spaces):
        raise wrong(f"audience[{outside[0]}].access: internet, but every space is internal", "write vpn, or add a space with visibility: external")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise wrong(f"audience: two groups are named '{twice}'", "give each group a name of its own")


def _spaces_fit(brief: Brief) -> None:
    kinds = [space.kind for space in brief.spaces]
    if "blog" not in kinds:
        raise wrong("spaces: no blog among them", "add a space with kind: blog")
    if kinds.count("wiki") > 1:
        raise wrong("spaces: more than one wiki", "keep one space with kind: wiki")
    places = [(space.kind, space.visibility, space.path) for space in brief.spaces]
    for at, place in enumerate(places):
        if place in places[:at]:
            raise wrong(f"spaces[{at}].path: '{place[2]}' is used twice on the same host", "give each space a path of its own")
        if place[0] == "wiki" and place[2]:
            raise wrong(f"spaces[{at}].path: the wiki has a host of its own", "write path: '' for the wiki")


def platform(brief: Brief, path: str = "") -> plan.Platform:
    """Return what deployment needs to know of ``brief``; files that it names are found from the folder of ``path``."""
    wanted = brief.infrastructure
    return plan.Platform(
        name=brief.name,
        company=brief.company,
        administrator_mail=brief.administrator_mail,
        language=brief.language,
        hosts=plan.Hosts(**brief.access.hosts.model_dump()),
        former_hosts=plan.FormerHosts(**brief.access.former_hosts.model_dump()),
        ports=plan.Ports(http=wanted.ports.http, https=wanted.ports.https),
        internal_networks=brief.access.internal_networks,
        spaces=tuple(plan.Space(kind=space.kind, title=space.title, path=space.path, visibility=space.visibility) for space in brief.spaces),
        tls=_tls(brief, path),
        mail=plan.Mail(relay=wanted.mail.relay, sender=wanted.mail.sender or brief.administrator_mail),
        registry=wanted.registry,
        hosts_file=wanted.hosts_file,
        backup=plan.Backup(
            every_minutes=every_minutes(brief.targets.recovery_point_minutes, copied=bool(wanted.backup.changes_to)), **wanted.backup.model_dump()
        ),
    )


def _tls(brief: Brief, path: str) -> plan.Tls:
    tls = brief.infrastructure.tls
    named = {use: _found_from(path, name) for use, name in tls.model_dump(exclude={"acme"}).items()}
    if tls.acme is None:
        return plan.Tls(**named)
    asked = {**tls.acme.model_dump(), "contact": tls.acme.contact or brief.administrator_mail, "authority": _found_from(path, tls.acme.authority)}
    return plan.Tls(**named, acme=plan.Acme(**asked))


def _found_from(path: str, name: str) -> str:
    return str(PurePath(path).parent / name) if name else ""
