"""Backups and drills of a cluster by themselves, by one of its managers at a time. Written by underdesk."""

import subprocess
import sys
import time

import backup
import drill
import memory
import schedule
import settings as told
from problems import KeepError, NotNowError

USAGE = """usage: underdesk-keep due       do what is due; quiet where nothing is
       underdesk-keep try       whether the place of the backups can be used from here
       underdesk-keep status    what was done last, and when something is due
"""
DEEDS = {"backup": backup.take, "drill": drill.prove}


def main(arguments: list[str]) -> int:
    """Do one of them."""
    settings = told.read()
    match arguments:
        case ["due"]:
            return _due(settings)
        case ["try"]:
            return _try(settings)
        case ["status"]:
            for name in DEEDS:
                sys.stdout.write(f"{name}: {memory.last(settings, name) or 'never'}; {'due' if schedule.due(settings, name, time.time()) else 'not due'}\n")
        case _:
            sys.stderr.write(USAGE)
            return 2
    return 0


def _try(settings: told.Settings) -> int:
    try:
        backup.trial(settings)
    except KeepError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _due(settings: told.Settings) -> int:
    """Do what is due and nobody else does; return whether something failed."""
    failed = 0
    for name, do in DEEDS.items():
        if not schedule.turn(settings, name, time.time()):
            continue
        try:
            with memory.held(settings) as mine:
                if mine and schedule.due(settings, name, time.time()):
                    do(settings)
        except NotNowError as problem:
            sys.stdout.write(f"{name}: not now: {problem}\n")
        except (KeepError, OSError, ValueError, LookupError, subprocess.SubprocessError) as problem:
            sys.stderr.write(f"{name}: {problem}\n")
            memory.failed(settings, name, str(problem))
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
