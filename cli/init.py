"""``plan init``: a commented brief, from questions or options."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from runtime import files, printer
from runtime.errors import PlanError

GIB = 1024**3
PRIVATE_NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fd00::/8"]


@dataclass(frozen=True)
class Answers:
    """What was asked or given."""

    name: str
    company: str
    mail: str
    purpose: str
    people: str
    site: str
    time_zone: str
    domain: str
    desk: dict[str, float]


def init(  # noqa: PLR0913 - one for each question
    output: Annotated[Path, typer.Argument(metavar="[BRIEF]", help="Where to write it.")] = Path("brief.yaml"),
    *,
    name: Annotated[str | None, typer.Option(help="Prefix of everything that is made.  [asked; pilot]")] = None,
    company: Annotated[str | None, typer.Option(help="The company's name.  [asked]")] = None,
    administrator_mail: Annotated[str | None, typer.Option(help="Mail address of the administrator.  [asked]")] = None,
    purpose: Annotated[str | None, typer.Option(help="What the platform is for, in a sentence.  [asked]")] = None,
    people: Annotated[int | None, typer.Option(help="How many people.  [asked]")] = None,
    site: Annotated[str | None, typer.Option(help="Where they work.  [asked; Headquarters]")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Their IANA time zone.  [asked; UTC]")] = None,
    domain: Annotated[str | None, typer.Option(help="Host names are blogs., www. and wiki. below it.  [asked; NAME.test]")] = None,
    cores: Annotated[int | None, typer.Option(help="Cores of the desk.  [this machine's]")] = None,
    memory_gib: Annotated[float | None, typer.Option(help="Memory of the desk.  [this machine's]")] = None,
    disk_gib: Annotated[float | None, typer.Option(help="Disk of the desk.  [this machine's]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a brief that is there.")] = False,
) -> None:
    """Write a commented brief.yaml: asks for what no option says."""
    from sizing.reading import parse  # noqa: PLC0415 - imported when needed
    from sizing.writing import commented  # noqa: PLC0415 - imported when needed

    if output.exists() and not force:
        raise PlanError("is there already", where=str(output), hint="name another file, or replace it with --force")
    answers = Answers(
        name := _ask("Name (prefix of everything that is made)", name, "pilot", "--name"),
        _ask("Company", company, None, "--company"),
        _ask("Mail address of the administrator", administrator_mail, None, "--administrator-mail"),
        _ask("What is the platform for, in a sentence", purpose, None, "--purpose"),
        _ask("How many people", None if people is None else str(people), None, "--people"),
        _ask("Where do they work", site, "Headquarters", "--site"),
        _ask("Their time zone (IANA)", time_zone, "UTC", "--time-zone"),
        _ask("Domain of the host names", domain, f"{name}.test", "--domain"),
        _desk(cores, memory_gib, disk_gib),
    )
    text = commented(_values(answers))
    parse(text, str(output))
    files.write(output, text)
    printer.data(str(output))
    printer.say(f"written: {output}; read it, change it; next: plan check {output}")


def _ask(question: str, given: str | None, default: str | None, option: str) -> str:
    if given is not None:
        return given
    if sys.stdin.isatty():
        return str(typer.prompt(question, default=default, err=True))
    if default is None:
        raise PlanError("nobody is there to answer", where="plan init", hint=f"say it with {option}")
    return default


def _desk(cores: int | None, memory_gib: float | None, disk_gib: float | None) -> dict[str, float]:
    """Return the desk: as given, else this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    disk = shutil.disk_usage("/").total / GIB
    return {
        "cores": cores if cores is not None else os.cpu_count() or 1,
        "memory_gib": memory_gib if memory_gib is not None else round(memory, 1),
        "disk_gib": disk_gib if disk_gib is not None else round(disk),
    }


def _values(said: Answers) -> dict[str, Any]:
    group = {"name": "Everyone", "people": int(said.people) if said.people.isdecimal() else said.people, "site": said.site, "time_zone": said.time_zone}
    return {
        "schema": 1,
        "name": said.name,
        "company": said.company,
        "language": "en",
        "administrator_mail": said.mail,
        "purpose": {"statement": said.purpose},
        "audience": [{**group, "hours": "08:00-17:00", "days": "mon-fri", "access": "office"}],
        "access": {
            "hosts": {"internal": f"blogs.{said.domain}", "external": f"www.{said.domain}", "wiki": f"wiki.{said.domain}"},
            "internal_networks": PRIVATE_NETWORKS,
            "sign_in": "local",
        },
        "spaces": [
            {"kind": "blog", "title": "News", "path": "", "visibility": "internal"},
            {"kind": "blog", "title": f"{said.company} Blog", "path": "", "visibility": "external"},
            {"kind": "wiki", "title": "Knowledge", "path": "", "visibility": "internal"},
        ],
        "infrastructure": {"desk": said.desk, "ports": {"http": 80, "https": 443}, "hosts_file": True},
        "targets": {"page_p95_ms": 500, "availability_percent": 99, "recovery_point_minutes": 1440, "recovery_time_minutes": 480},
    }
