"""Print what a playbook does as one JSON object a line, for the command that runs it."""

import json
import re
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: events
    type: stdout
    short_description: one JSON object a line
    description: Task starts, changes and failures as JSON lines on stdout.
"""

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CAUSE = re.compile(
    r"No space left|Could not resolve|Temporary failure|Could not connect|Unable to connect|Connection refused|Network is unreachable|Permission denied"
)
LONGEST, MOST_CAUSES, MOST_LAST = 200, 2, 4


class CallbackModule(CallbackBase):
    """Emit ``{"event", "host", "task", "item", "message", "what", "diff"}``; values of results stay out (they may be secret).

    ``what`` are the files and settings that a module of ours says it wrote, ``diff`` (with --diff) how they differ.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "events"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ANN401, ARG002, FBT001 - Ansible's signature
        """Say that a task begins."""
        self._emit("task", task.get_name())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:  # noqa: ANN401 - Ansible's signature
        """Say that a handler begins."""
        self._emit("task", task.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:  # noqa: ANN401 - Ansible's signature
        """Say that a task changed something."""
        outcome = _outcome(result)
        if outcome.get("changed") and "results" not in outcome:
            self._emit("changed", _task(result), result, outcome=outcome)

    def v2_runner_item_on_ok(self, result: Any) -> None:  # noqa: ANN401 - Ansible's signature
        """Say that an item of a loop changed something."""
        outcome = _outcome(result)
        if outcome.get("changed"):
            self._emit("changed", _task(result), result, item=self._label(outcome), outcome=outcome)

    def v2_runner_item_on_failed(self, result: Any) -> None:  # noqa: ANN401 - Ansible's signature
        """Say that an item of a loop failed."""
        self._emit("failed", _task(result), result, item=self._label(_outcome(result)), message=_message(_outcome(result)))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002 - Ansible's signature
        """Say that a task failed."""
        if not ignore_errors and "results" not in _outcome(result):
            self._emit("failed", _task(result), result, message=_message(_outcome(result)))

    def v2_runner_on_unreachable(self, result: Any) -> None:  # noqa: ANN401 - Ansible's signature
        """Say that the host cannot be reached."""
        self._emit("failed", _task(result), result, message=_message(_outcome(result)))

    def _label(self, outcome: dict[str, Any]) -> str:
        return str(self._get_item_label(outcome))

    def _emit(  # noqa: PLR0913, PLR0917 - each is one key of a line
        self,
        event: str,
        task: str,
        result: Any = None,  # noqa: ANN401 - Ansible's result
        item: str = "",
        message: str = "",
        outcome: dict[str, Any] | None = None,
    ) -> None:
        told = outcome or {}
        line = {"event": event, "host": _host(result), "task": task, "item": item, "message": message}
        shown = {"what": [str(one) for one in told.get("written", [])], "diff": self._get_diff(told["diff"]) if told.get("diff") else ""}
        self._display.display(json.dumps({**line, **shown}))


def _host(result: Any) -> str:  # noqa: ANN401 - Ansible's result
    host = getattr(result, "host", None) or getattr(result, "_host", None)
    return str(host.get_name()) if host else ""


def _task(result: Any) -> str:  # noqa: ANN401 - Ansible's result
    task = getattr(result, "task", None) or result._task  # noqa: SLF001 - before ansible-core 2.20
    return str(task.get_name())


def _outcome(result: Any) -> dict[str, Any]:  # noqa: ANN401 - Ansible's result
    found = getattr(result, "result", None)
    return dict(found if isinstance(found, dict) else result._result)  # noqa: SLF001 - before ansible-core 2.20


def _message(outcome: dict[str, Any]) -> str:
    """Return what failed on one line: the module's words, the lines that tell a cause, and the last ones."""
    said = [ESCAPE.sub("", line).strip()[:LONGEST] for line in str(outcome.get("stderr") or outcome.get("stdout") or "").strip().splitlines()]
    causes = [line for line in said if CAUSE.search(line)][:MOST_CAUSES]
    first = " ".join(str(outcome.get("msg", "failed")).split())
    return " | ".join(dict.fromkeys([first, *causes, *said[-MOST_LAST:]]))
