"""The command ``plan``: finds the command's module, and turns every failure into a line and an exit code."""

import errno
import importlib
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from runtime import printer
from runtime.errors import PlanError
from runtime.signals import Ending, orderly_end

INTERRUPTED: Final = 130
BUG: Final = 2
MEND: Final = 1
SPACE: Final = "free some space there, then run the same command again"
MENDS: Final = {
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EROFS: "mount it writable ('dmesg' says whether the disk is failing), then run the same command again",
    errno.EACCES: "run it with sudo, or as root",
    errno.EPERM: "run it with sudo, or as root",
    errno.EIO: "the disk fails: see 'dmesg'; bring the newest backup to another one",
    errno.EMFILE: "raise the limit of open files ('ulimit -n'), then run the same command again",
    errno.ENOMEM: "free some memory, then run the same command again",
}

COMMANDS: Final = {
    "init": "Write a commented brief.yaml: asks, or takes options.",
    "check": "Check a brief, and say what of it is not used yet.",
    "size": "Size the servers for a brief; writes plan.json.",
    "deploy": "Make what plan.json says on this machine.",
    "open": "Print or open the addresses of the platform.",
    "status": "Say what runs, and (--check) what differs from the plan.",
    "logs": "Show what the services say.",
    "test": "Drive the plan's workload against what was deployed.",
    "calibrate": "Measure what each kind of request costs on this machine.",
    "accuracy": "Say how far predictions are off what was measured.",
    "observe": "Learn from the logs how people really use it.",
    "seed": "Fill the platform with believable content for rehearsals.",
    "backup": "Back up all that must not be lost; --list says what there is.",
    "restore": "Bring a backup back, on this machine or a bare one.",
    "drill": "Restore the newest backup beside the platform and prove it.",
    "upgrade": "Take security updates; rolls back where the test fails.",
    "rollback": "Go back to the last good version.",
    "failover": "Make the copy of a two-host cluster's database the primary.",
    "promote": "Move a desk's pilot into a cluster, with all that people made.",
    "lab": "Throwaway hosts on this machine, to rehearse on.",
    "doctor": "Check what the commands need, with the mend for each line.",
    "support-bundle": "Collect what support needs to see, without secrets.",
    "destroy": "Remove what was deployed; keeps the data unless told otherwise by name.",
}


class Commands(TyperGroup):
    """Commands whose modules are imported when they are asked for.

    ``cli.NAME`` holds a function NAME, or a Typer ``app`` where it has commands of its own.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's vendored type
        """Return the names in the order of the story."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's vendored types
        """Return the command, None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module_name = f"cli.{cmd_name.replace('-', '_')}"
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as problem:
            if problem.name != module_name:
                raise
            raise PlanError(f"'plan {cmd_name}' is not part of this version", hint="'plan --help' lists the commands") from problem
        return _command(module, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - typer's vendored types
        """Write the list for --help without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _command(module: ModuleType, name: str) -> Any:  # noqa: ANN401 - typer's vendored type
    own = getattr(module, "app", None) or typer.Typer(add_completion=False)
    own.rich_markup_mode = None
    if not (own.registered_commands or own.registered_groups):
        own.command(name)(getattr(module, name.replace("-", "_")))
    command = get_command(own)
    command.name = name
    return command


def _version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - costs time, rarely needed

        printer.data(f"plan {version('underdesk')}")
        raise typer.Exit


app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True)


@app.callback()
def story(*, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """From a spare desktop to a blog and wiki platform that IT runs.

    plan init, plan check, plan size, plan deploy, plan test: each reads what the one before it wrote.
    """


def main() -> None:
    """Run ``plan`` and exit: 0 done, 1 you can mend it, 2 usage or a bug, 3 the answer is no."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; no failure leaves here as a traceback."""
    with orderly_end() as ending:
        return _run(arguments, ending)


def _run(arguments: list[str], ending: Ending) -> int:
    try:
        code = get_command(app).main(args=arguments, prog_name="plan", standalone_mode=False)
        sys.stdout.flush()  # a full disk behind '>' is said here, not swallowed at the end
        if code == INTERRUPTED:
            raise KeyboardInterrupt  # noqa: TRY301 - typer has turned it into its exit code
    except PlanError as problem:
        for one in getattr(problem, "problems", (problem,)):
            printer.error(one)
        return problem.exit_code
    except (KeyboardInterrupt, typer.Abort):
        with suppress(OSError):  # after HUP the terminal is gone
            printer.say("interrupted; the same command run again completes what was begun")
        return ending.exit_code
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the reader has gone; nothing may be flushed to it
        return INTERRUPTED
    except Exception as problem:  # noqa: BLE001 - the last line before the user
        return _usage(problem) or _machine(problem) or _bug(problem)
    return code if isinstance(code, int) else 0


def _usage(problem: Exception) -> int:
    """Print a wrong command line as one line and the mend; return 0 where it is something else."""
    message = getattr(problem, "format_message", None)
    if message is None:
        return 0
    context = getattr(problem, "ctx", None)
    path = context.command_path if context else "plan"
    if type(problem).__name__ == "NoArgsIsHelpError":
        printer.data(str(message()))
        return BUG
    printer.error(PlanError(message(), hint=f"'{path} --help' lists what it takes"))
    return BUG


def _machine(problem: Exception) -> int:
    """Print what the machine lacks (space, rights, a whole disk) as one line and the mend; return 0 where it is something else."""
    mend = MENDS.get(problem.errno or 0) if isinstance(problem, OSError) else None
    if not isinstance(problem, OSError) or mend is None:
        return 0
    printer.error(PlanError((problem.strerror or "cannot be written").lower(), where=str(problem.filename or "this machine"), hint=mend))
    return MEND


def _bug(problem: Exception) -> int:
    if os.environ.get("UNDERDESK_DEBUG") == "1":
        printer.say("".join(traceback.format_exception(problem)))
        return BUG
    try:
        with tempfile.NamedTemporaryFile("w", prefix="underdesk-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.writelines(traceback.format_exception(problem))
        hint = f"the details are in {file.name}; please report it"
    except OSError:
        hint = "run it again with UNDERDESK_DEBUG=1 for the details; please report it"
    summary = str(problem).splitlines()[0] if str(problem) else ""
    printer.error(PlanError(f"this is a bug: {type(problem).__name__}: {summary}".removesuffix(": "), hint=hint))
    return BUG
