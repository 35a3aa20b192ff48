"""An engine that remembers what it was asked for, in place of a real one; it can be interrupted at any question."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.lab import commands
from runtime.errors import PlanError
from runtime.run import Completed

COMMENT = re.compile(r'comment "([^"]+)"')


@dataclass
class Engine:
    """Containers and networks by their names (which are their ids), images, the rules of the switches by table."""

    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    tables: dict[str, list[str]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    interrupted_at: int = -1
    speaks: str = "1.41"
    refuses: str = ""

    def run(self, argv: list[str], *, stdin: str = "", check: bool = True, **_: object) -> Completed:
        """Answer as docker would."""
        self.asked.append(argv)
        if len(self.asked) == self.interrupted_at:
            raise KeyboardInterrupt
        refused = bool(self.refuses) and self.refuses in " ".join(argv)
        done = Completed(1, "", "refused") if refused else self._answer(argv[1:], stdin)
        if check and done.returncode:
            raise PlanError(done.stderr)
        return done

    def _answer(self, words: list[str], stdin: str) -> Completed:
        answers: dict[str, Callable[[list[str], str], str | Completed]] = {
            "image ls": self._images,
            "build": self._build,
            "version": lambda *_: self.speaks,
            "network create": self._network,
            "network ls": self._listed_networks,
            "network inspect": lambda words, _: json.dumps([self.networks[name] for name in words]),
            "network rm": self._remove_networks,
            "ps": self._listed,
            "container inspect": lambda words, _: json.dumps([self.containers[name] for name in words]),
            "container rm": self._remove,
            "run": self._run,
            "start": lambda words, _: self._power(words, on=True),
            "kill": lambda words, _: self._power(words[2:], on=False),
            "exec": self._execute,
        }
        for start in (2, 1):
            if answer := answers.get(" ".join(words[:start])):
                said = answer(words[start:], stdin)
                return said if isinstance(said, Completed) else Completed(0, said, "")
        raise AssertionError(words)

    def _images(self, words: list[str], _: str) -> str:
        return "id\n" if words[-1] in self.images else ""

    def _build(self, words: list[str], _: str) -> str:
        self.images.add(words[words.index("--tag") + 1])
        return ""

    def _network(self, words: list[str], _: str) -> str:
        name = words[-1]
        config = [{"Subnet": words[words.index("--subnet") + 1]}]
        self.networks[name] = {"Name": name, "IPAM": {"Config": config}, "Labels": _labels(words)}
        return name

    def _listed_networks(self, words: list[str], _: str) -> str:
        return "\n".join(_with_label(self.networks, words, lambda one: one["Labels"]))

    def _remove_networks(self, words: list[str], _: str) -> str:
        for name in words:
            del self.networks[name]
        return ""

    def _listed(self, words: list[str], _: str) -> str:
        return "\n".join(_with_label(self.containers, words, lambda one: one["Config"]["Labels"]))

    def _remove(self, words: list[str], _: str) -> str:
        for name in words[2:]:
            del self.containers[name]
        return ""

    def _run(self, words: list[str], stdin: str) -> str | Completed:
        if "--entrypoint" in words:
            return self._nft(words[words.index("nft") + 2 :], stdin)
        name = words[words.index("--name") + 1]
        assert name not in self.containers
        self.containers[name] = {"Name": f"/{name}", "Config": {"Labels": _labels(words)}, "Image": f"sha256:{words[-1]}", "State": {"Running": True}}
        return name

    def _nft(self, words: list[str], stdin: str) -> str | Completed:
        if "list" in words:
            if words[-1] not in self.tables:
                return Completed(1, "", "Error: No such file or directory")
            return json.dumps({"nftables": [{"metainfo": {}}, *({"rule": {"comment": cut}} for cut in self.tables[words[-1]])]})
        table = stdin.split()[2]
        self.tables.pop(table, None)
        if cuts := COMMENT.findall(stdin):
            self.tables[table] = cuts
        return ""

    def _power(self, words: list[str], *, on: bool) -> str:
        for name in words:
            self.containers[name]["State"]["Running"] = on
        return ""

    def _execute(self, words: list[str], _: str) -> str | Completed:
        name = next(word for word in words if word in self.containers)
        if not self.containers[name]["State"]["Running"]:
            return Completed(1, "", "is not running")
        command = words[words.index(name) + 1 :]
        if "is-system-running" in command[-1]:
            return "running\n26.1.5\n"
        if "list-jobs" in command:
            return "  17 mariadb.service start running\n  3 multi-user.target start waiting\n"
        return f"ssh-ed25519 KEY-{name} root@host\n" if command[0] == "cat" else "7\n" if command[0] == "sh" else ""

    @property
    def state(self) -> tuple[Any, ...]:
        """What is there."""
        return self.containers, self.networks, self.tables


def _labels(words: list[str]) -> dict[str, str]:
    return dict(words[at + 1].split("=", 1) for at, word in enumerate(words) if word == "--label")


def _with_label(known: dict[str, dict[str, Any]], words: list[str], labels: Callable[[dict[str, Any]], dict[str, str]]) -> list[str]:
    if "--filter" not in words:
        return list(known)
    label, value = words[words.index("--filter") + 1].removeprefix("label=").split("=")
    assert label == commands.LABEL
    return [name for name, one in known.items() if labels(one).get(label) == value]


def left(folder: Path) -> list[str]:
    """Return the names of the files that are kept of labs."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []
