"""The question before something is changed."""

import sys

import typer

from runtime.errors import PlanError


def ask(question: str, *, where: str, wanted: bool) -> None:
    """Ask ``question`` if that is ``wanted``; raises PlanError where the answer is no, or nobody is there to give one."""
    if not wanted:
        return
    if not sys.stdin.isatty():
        raise PlanError("nobody is here to ask", where=where, hint="add --yes")
    if not typer.confirm(question, err=True):
        raise PlanError("nothing was changed", hint="run it again when you want it")
