"""``plan lab``: throwaway hosts on this machine, to rehearse deployment, upgrade and failure on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli import lab_words as words
from cli.asking import ask
from infra import live
from infra.lab import cuts, host, operate, room, seen
from infra.lab.model import INVENTORY, Asked, Lab, load, lock_file
from infra.lab.standing import LabStanding, standing
from runtime import printer
from runtime.errors import PlanError
from runtime.locks import lock

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Throwaway hosts on this machine, to rehearse deployment, upgrade and failure on."
)

LONGEST_S = 24 * 3600
Name = Annotated[str, typer.Option("--name", help="Which lab, where there are several.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Host = Annotated[str, typer.Argument(metavar="HOST", show_default=False, help="Name of a host.")]
Hosts = Annotated[list[str], typer.Argument(metavar="HOST...", show_default=False, help="Names of hosts.")]
SomeHosts = Annotated[list[str] | None, typer.Argument(metavar="[HOST]...", show_default=False, help="Names of hosts; without: all.")]


@app.command()
def up(  # noqa: PLR0913 - one for each option
    *,
    hosts: Annotated[int | None, typer.Option(help="So many in all.  [default: those that there are; 3 of a new lab]")] = None,
    cpus: Annotated[float | None, typer.Option(help="Processors of each new host.  [default: as the last one's; of a new lab all of this machine's]")] = None,
    memory: Annotated[float | None, typer.Option(help="Memory of each new host, in GiB.  [default: likewise]")] = None,
    subnet: Annotated[str, typer.Option(help="Private network of a new lab, as 10.213.7.0/24.  [default: one that is free]")] = "",
    debian: Annotated[int | None, typer.Option(help="Release of Debian of each new host, 13 or 12.  [default: likewise, 13]")] = None,
    name: Name = "lab",
    as_json: Json = False,
) -> None:
    """Bring a lab up, or let it grow.

    Hosts that systemd boots, with SSH, an engine, addresses and sizes of their own. Called again it makes what is missing and switches on what is off.
    """
    live.need_administrator("plan lab up")
    with lock(lock_file(name)):
        machine = seen.machine()
        lab = operate.planned(Asked(name, hosts, cpus, memory, subnet, debian), machine)
        printer.say(f"{words.count(lab.hosts)} in {lab.subnet}, {words.sizes(lab)}, for nothing but rehearsals")
        with printer.step(f"Bringing the lab {name} up") as say:
            notes = operate.up(lab, say)
        found = standing(lab)
    if as_json:
        printer.data_json(found.document())
    else:
        _report(found)
    for note in (*room.notes(lab.hosts, machine), *notes):
        printer.say(f"note: {note}")
    printer.say(f"next: plan deploy --inventory {lab.folder / INVENTORY}")


@app.command()
def status(
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit 3 where a host is off, still boots or has no engine, or something is cut.")] = False,
    name: Name = "lab",
    as_json: Json = False,
) -> None:
    """Say how the hosts stand.

    Of each: whether it is on, what of its network works, its engine and its size.
    """
    found = _standing(load(name))
    if as_json:
        printer.data_json(found.document())
    else:
        _report(found)
    wrong = list(found.wrong())
    if check and wrong:
        for problem in wrong[:-1]:
            printer.error(problem)
        raise wrong[-1]


@app.command()
def start(*, hosts: SomeHosts = None, name: Name = "lab") -> None:
    """Switch hosts on again.

    Waits until they have booted. What is cut stays cut.
    """
    with _worked_on(name, "plan lab start") as lab:
        wanted = lab.named(hosts or lab.containers(), "plan lab start")
        with printer.step("Switching on") as say:
            begun = operate.start(lab, wanted, say)
    printer.data(f"on: {', '.join(begun)}" if begun else "nothing was off")


@app.command()
def kill(
    *, hosts: SomeHosts = None, everyone: Annotated[bool, typer.Option("--all", help="All hosts of the lab at once.")] = False, name: Name = "lab"
) -> None:
    """Cut the power of hosts.

    All of them in one moment: every process ends by SIGKILL.
    """
    if bool(hosts) == everyone:
        raise PlanError("which hosts?", where="plan lab kill", hint="name some, or say --all", exit_code=2)
    with _worked_on(name, "plan lab kill") as lab:
        ended = operate.kill(lab, lab.named(hosts or lab.containers(), "plan lab kill"))
    printer.data(f"killed: {', '.join(ended)}" if ended else "off already")
    printer.say("note: what was written and not synced the kernel still holds, as after a crash of all processes; it is not a power cut of the disk")
    printer.say(f"next: plan lab start{words.named(name)}{words.listed(ended)}")


@app.command()
def cut(
    *,
    hosts: Hosts,
    others: Annotated[list[str] | None, typer.Option("--from", metavar="HOST", help="Only from this host; may be given several times.")] = None,
    one_way: Annotated[str, typer.Option("--one-way", metavar="in|out", help="Only what comes to the hosts (in), or only what they send (out).")] = "",
    name: Name = "lab",
) -> None:
    """Cut hosts off, or from each other.

    The rules stand in this machine's switch: the hosts do not see them, and they stay when a host boots.
    """
    if one_way not in {"", "in", "out"}:
        raise PlanError(f"'{one_way}' is no way", where="--one-way", hint="in: nothing reaches the host; out: nothing that it sends arrives", exit_code=2)
    with _worked_on(name, "plan lab cut") as lab:
        wanted, far = lab.named(hosts, "plan lab cut"), lab.named(others or (), "--from")
        if set(wanted) & set(far):
            raise PlanError("a host is not cut from itself", where="--from", hint=f"name others than {', '.join(sorted(set(wanted) & set(far)))}")
        now = operate.cut(lab, wanted, far, one_way)
    _cuts(now, name)


@app.command()
def heal(*, hosts: SomeHosts = None, name: Name = "lab") -> None:
    """Take cuts back.

    All in which one of the hosts has a part; without names all that there are.
    """
    with _worked_on(name, "plan lab heal") as lab:
        left = operate.heal(lab, lab.named(hosts or lab.containers(), "plan lab heal"))
    _cuts(left, name)


@app.command()
def run(
    *,
    on: Host,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", show_default=False, help="What to run there.")],
    name: Name = "lab",
) -> None:
    """Run a command at a host's console.

    As root, also while the network is cut. Ends with the command's exit code.
    """
    live.need_administrator("plan lab run")
    lab = load(name)
    wanted = lab.named([on], "plan lab run")[0]
    seen.machine()
    found = seen.containers(name).get(wanted)
    if found is None or not found.is_on:
        raise PlanError("is off", where=wanted, hint=f"plan lab start {wanted}{words.named(name)}")
    raise typer.Exit(host.at_console(lab.containers()[wanted], command, printer.data, printer.say, LONGEST_S))


@app.command()
def down(*, hosts: SomeHosts = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, name: Name = "lab") -> None:
    """Remove the lab, or some hosts.

    With all that is on them. Nothing goes but what bears the lab's own label.
    """
    if hosts:
        _some_down(hosts, name, wanted=not yes)
        return
    live.need_administrator("plan lab down")
    with lock(lock_file(name)):
        seen.machine()
        ask(f"Remove the lab {name}, with all that is on its hosts?", where="plan lab down", wanted=not yes)
        with printer.step(f"Removing the lab {name}"):
            removed = operate.down(name)
    printer.data(f"removed: {', '.join(removed)}" if removed else f"of a lab {name} nothing is here")


def _some_down(hosts: list[str], name: str, *, wanted: bool) -> None:
    with _worked_on(name, "plan lab down") as lab:
        going = lab.named(hosts, "plan lab down")
        ask(f"Remove {', '.join(going)}, with all that is on them?", where="plan lab down", wanted=wanted)
        with printer.step(f"Removing {', '.join(going)}"):
            notes = operate.remove(lab, going)
    printer.data(f"removed: {', '.join(going)}")
    for note in notes:
        printer.say(f"note: {note}")


@contextmanager
def _worked_on(name: str, where: str) -> Iterator[Lab]:
    """Hold the lab while a command changes it."""
    live.need_administrator(where)
    load(name)
    with lock(lock_file(name)):
        seen.machine()
        yield load(name)


def _standing(lab: Lab) -> LabStanding:
    seen.machine()
    return standing(lab)


def _report(found: LabStanding) -> None:
    for line in words.table(found):
        printer.data(line)


def _cuts(now: Iterable[cuts.Cut], name: str) -> None:
    lines = cuts.told(now)
    for line in lines or ["nothing is cut"]:
        printer.data(line)
    if lines:
        printer.say(f"mend: plan lab heal{words.named(name)}, or plan lab heal HOST")
