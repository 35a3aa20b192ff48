"""What stands on a host against what it was told; of Python's own library alone, so that it also runs where Ansible is not."""

import hashlib
import json
import os
import pwd
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

MOST_SHOWN = 20_000
GONE = ": removed"
UNTOLD = "no deploy has told it"
KINDS = ("files", "values", "modes", "blocks", "keys", "gone", "only", "folders")
Put = Callable[[Path, str, Mapping[str, Any]], None]
"""Puts a content in place, as told: with its mode, group and judge."""


class NotOursError(Exception):
    """What stands there is not understood, and somebody must mend it by hand."""


class Pass:
    """One pass over all that is wanted: first to look, then, where something differs, to write."""

    def __init__(self, put: Put | None = None) -> None:
        self.put = put
        self.diff: list[dict[str, str]] = []

    def through(self, wanted: Mapping[str, Any]) -> list[str]:
        """Return what differs; write it, where this pass writes."""
        told = {kind: wanted.get(kind) or () for kind in KINDS}
        found = [file["path"] for file in told["files"] if _applies(file) and self._file(file)]
        found += [f"{value['path']}: {value['key']}" for value in told["values"] if self._value(value)]
        found += [f"{mode['path']}: {mode['mode']}" for mode in told["modes"] if self._tighten(mode)]
        found += [f"{block['path']}: {block['name']}" for block in told["blocks"] if self._block(block)]
        found += [keys["path"] for keys in told["keys"] if self._keys(keys)]
        found += [f"{path}{GONE}" for path in map(Path, told["gone"]) if self._gone(path)]
        found += [folder["path"] for folder in told["folders"] if _is_other(folder)]
        return found + [f"{path}{GONE}" for only in told["only"] for path in self._others(only)]

    def _file(self, file: dict[str, Any]) -> bool:
        target, mode, group = Path(file["path"]), file.get("mode"), file.get("group")
        now = text_of(target)
        if now is None or not (file.get("once") or _says(now, file)):
            if "content" in file and not file.get("secret"):
                self._show(str(target), now or "", file["content"])
            if self.put:
                self.put(target, file["content"], file)
            return True
        there = target.stat()
        if (not mode or there.st_mode & 0o7777 == int(mode, 8)) and group in {None, there.st_gid}:
            return False
        if self.put:
            own(target, int(mode, 8), group)
        return True

    def _value(self, value: dict[str, str]) -> bool:
        path = Path(value["path"])
        if not path.is_file():
            return False
        text, line = path.read_text(encoding="utf-8"), f"{value['key']}\t{value['value']}"
        there = re.compile(rf"^{re.escape(value['key'])}[ \t].*$", re.MULTILINE)
        return self._rewrite(path, text, there.sub(line, text) if there.search(text) else f"{text.rstrip()}\n{line}\n")

    def _tighten(self, mode: dict[str, str]) -> bool:
        path, allowed = Path(mode["path"]), int(mode["mode"], 8)
        if not path.exists() or not path.stat().st_mode & 0o7777 & ~allowed:
            return False
        if self.put:
            path.chmod(path.stat().st_mode & allowed)
        return True

    def _block(self, block: dict[str, str]) -> bool:
        path = Path(block["path"])
        begin, end = f"# begin {block['name']}", f"# end {block['name']}"
        text, ours = text_of(path) or "", f"{begin}\n{block['content'].strip()}\n{end}\n"
        there = re.compile(rf"^{re.escape(begin)}$.*?^{re.escape(end)}$\n?", re.MULTILINE | re.DOTALL)
        before = f"{text.rstrip()}\n" if text.strip() else ""
        return self._rewrite(path, text, there.sub(lambda _: ours, text) if there.search(text) else before + ours)

    def _keys(self, keys: dict[str, Any]) -> bool:
        path = Path(keys["path"])
        text = text_of(path) or ""
        try:
            there = json.loads(text or "{}")
        except ValueError as problem:
            raise NotOursError(f"{path} is no JSON ({problem}): mend it by hand") from problem
        if not keys["values"].keys() - there.keys():
            return False
        return self._rewrite(path, text, json.dumps({**keys["values"], **there}, indent=4, sort_keys=True) + "\n")

    def _gone(self, path: Path) -> bool:
        there = path.is_file()
        if there and self.put:
            path.unlink()
        return there

    def _others(self, only: dict[str, Any]) -> list[Path]:
        folder = Path(only["folder"])
        found = sorted(path for path in folder.iterdir() if path.name not in only["names"]) if folder.is_dir() else []
        for path in found:
            if self.put:
                path.unlink()
        return found

    def _rewrite(self, path: Path, now: str, after: str) -> bool:
        if after == now:
            return False
        self._show(str(path), now, after)
        if self.put:
            self.put(path, after, {"mode": f"{path.stat().st_mode & 0o777:o}" if path.exists() else "0644"})
        return True

    def _show(self, path: str, now: str, after: str) -> None:
        self.diff.append({"before_header": path, "after_header": path, "before": now[:MOST_SHOWN], "after": after[:MOST_SHOWN]})


def _applies(file: dict[str, Any]) -> bool:
    if file.get("beside") and not Path(file["beside"]).exists():
        return False
    path = Path(file["path"])
    if not file.get("over") or not path.exists():
        return True
    now = path.read_text(encoding="utf-8", errors="replace")
    return _says(now, file) or re.search(file["over"], now) is not None


def _says(now: str, file: Mapping[str, Any]) -> bool:
    return now == file["content"] if "content" in file else _digest(now) == file["digest"]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_other(folder: Mapping[str, str]) -> bool:
    path = Path(folder["path"])
    if not path.is_dir():
        return True
    there = path.stat()
    return (str(there.st_uid), str(there.st_gid), there.st_mode & 0o7777) != (folder["owner"], folder["group"], int(folder["mode"], 8))


def kept(path: Path) -> None:
    """Have a file, or what a folder names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def text_of(path: Path) -> str | None:
    """Return what a file says, None where none is there."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def own(target: Path, mode: int, group: int | None) -> None:
    """Give a file its mode and group."""
    if group is not None:
        os.chown(target, -1, group)
    target.chmod(mode)


def missing_accounts(accounts: Iterable[str]) -> list[str]:
    """Return those that are not there."""
    return [name for name in accounts if not _is_account(name)]


def missing_packages(ask: Callable[[list[str]], str], packages: Iterable[str]) -> list[str]:
    """Return of each choice (``a|b``) that is not there its first package; ``ask`` runs a command and returns what it prints."""
    choices = [package.split("|") for package in packages]
    if not choices:
        return []
    every = [name for choice in choices for name in choice]
    said = ask(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *every])
    installed = {line.split()[0] for line in said.splitlines() if line.endswith(" installed")}
    return [choice[0] for choice in choices if not installed & set(choice)]


def remembered(wanted: Mapping[str, Any]) -> str:
    """Return what is remembered of what a host was told: of a file's content its digest, so no secret stands in it."""
    kept = {kind: wanted[kind] for kind in (*KINDS, "packages", "accounts") if wanted.get(kind)}
    if "files" in kept:
        kept["files"] = [{**{key: value for key, value in file.items() if key != "content"}, "digest": _digest(file["content"])} for file in kept["files"]]
    return json.dumps(kept, sort_keys=True)


def tell(path: Path, wanted: Mapping[str, Any]) -> None:
    """Remember on this host what it was told, for whoever asks later what differs."""
    text = remembered(wanted)
    if text_of(path) == text:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.underdesk-new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    kept(fresh)
    fresh.replace(path)


def differences(path: Path, ask: Callable[[list[str]], str]) -> list[str]:
    """Return what differs on this host from what ``path`` remembers; whatever cannot be compared is one of them."""
    try:
        told = json.loads(text_of(path) or "")
    except ValueError:  # nobody has, or the power went while it was written
        return [UNTOLD]
    try:
        found = [f"{one.removesuffix(GONE)}: is there and should not be" if one.endswith(GONE) else one for one in Pass().through(told)]
    except Exception as problem:  # noqa: BLE001 - whatever somebody has put in its place is his, and is said
        found = [f"cannot be compared: {problem}"]
    found += [f"package {name}: not installed" for name in missing_packages(ask, told.get("packages", ()))]
    return found + [f"account {name}: not there" for name in missing_accounts(told.get("accounts", ()))]


def _is_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
