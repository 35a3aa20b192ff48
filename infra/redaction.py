"""Known secrets taken out of a text, whatever form they stand in."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from infra.deployment import Deployment
from runtime.errors import PlanError

SHORTEST: Final = 4
SHORTEST_KEY_LINE: Final = 16
TLS_KEYS: Final = ("tls/ca-key.pem", "tls/site.pem", "frontdoor/tls.pem", "certificate/site.pem", "certificate/account.pem")
PSEUDONYMS: Final = "frontdoor/pseudonyms.map"
BASE64: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
PADDING: Final = "="
MARK: Final = "[secret: {}]"
ASSIGNED: Final = re.compile(r"\s*(?!\w*(?:REGION|PROFILE))[A-Za-z_]\w*\s*=(.+)")
"""NAME=VALUE, as in ``secrets/s3``: the value is the secret, wherever it stands. A region or a profile is none, and may be a common word."""


@dataclass(frozen=True)
class Secret:
    """A value that must not be seen, and the name that stands for it."""

    name: str
    value: str = field(repr=False)


def secrets(folder: Path, more: Iterable[Path] = ()) -> list[Secret]:
    """Return every secret of the deployment in ``folder``, and those in the files ``more``.

    A file of several lines counts line by line as well, a line NAME=VALUE by its value, too. Raises PlanError where a file is there and cannot be read:
    what is not known cannot be found.
    """
    kept = sorted(path for path in (folder / "secrets").rglob("*") if path.is_file())
    paths = [*kept, folder / "passphrase", *(folder / name for name in TLS_KEYS), folder / PSEUDONYMS, *more]
    return [secret for path in paths if path.is_file() for secret in _of(path)]


def company_key(deployment: Deployment) -> list[Path]:
    """Return the key file that the company has brought, where it has."""
    key = deployment.plan.platform.tls.key
    return [Path(key)] if key else []


def redacted(text: str, known: Iterable[Secret]) -> str:
    """Return ``text`` with a mark where a secret stood: as it is, in base64 of any alignment, in hex, escaped for a URL, JSON or HTML."""
    for secret in known:
        mark = MARK.format(secret.name)
        for form in _written(secret.value):
            text = text.replace(form, mark)
        for form in _in_base64(secret.value):
            text = _without_run(text, form, mark)
    return text


def _of(path: Path) -> Iterator[Secret]:
    try:
        content = path.read_bytes().decode("utf-8", "replace").strip()
    except OSError as problem:
        raise PlanError(f"cannot be read, so it could not be kept out: {problem.strerror}", where=str(path), hint="run it with sudo, or as root") from problem
    values, least = (_private(content), SHORTEST_KEY_LINE) if "-----BEGIN" in content else (_lines(content), SHORTEST)
    yield from (Secret(path.name, value) for value in dict.fromkeys(value.strip() for value in values) if len(value) >= least)


def _lines(content: str) -> Iterator[str]:
    """Yield the whole, each line, and of a line NAME=VALUE the value: longest first, so that no shorter one cuts a longer in two."""
    lines = content.splitlines()
    yield from (content.removeprefix("key "), *lines)
    yield from (found[1].strip().strip("\"'") for line in lines if (found := ASSIGNED.fullmatch(line)))


def _private(pem: str) -> Iterator[str]:
    """Yield the lines of the private keys in ``pem``; certificates are no secret."""
    inside = False
    for line in pem.splitlines():
        if line.startswith("-----"):
            inside = line.startswith("-----BEGIN") and "PRIVATE KEY" in line
        elif inside:
            yield line


def _written(value: str) -> list[str]:
    """Return the forms in which ``value`` stands as a whole, longest first: one may hold another."""
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(json.dumps(value))[3:-3]}
    in_url = {quote(value, safe=""), quote(value), quote_plus(value)}
    lower = {_lower_escapes(form) for form in in_url}
    code = value.encode().hex()
    forms = {value, *in_json, *(form.replace("/", "\\/") for form in in_json), *in_url, *lower, html.escape(value), code, code.upper()}
    return sorted(forms, key=len, reverse=True)


def _lower_escapes(form: str) -> str:
    first, *rest = form.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _in_base64(value: str) -> Iterator[str]:
    """Yield the part of each of the three alignments that does not depend on what stands before and after."""
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * shift + value.encode()).decode().rstrip("=")
            begin, end = (0, 2, 3)[shift], len(form) - (1 if (shift + len(value.encode())) % 3 else 0)
            if end - begin >= SHORTEST:
                yield form[begin:end]


def _without_run(text: str, form: str, mark: str) -> str:
    """Replace ``form`` and the base64 around it: the characters at its edges hold bits of the secret, too."""
    pieces, at = list[str](), 0
    while (found := text.find(form, at)) >= 0:
        begin, end = found, found + len(form)
        while begin > at and text[begin - 1] in BASE64:
            begin -= 1
        while end < len(text) and (text[end] in BASE64 or text[end] == PADDING):
            end += 1
        pieces += [text[at:begin], mark]
        at = end
    return "".join([*pieces, text[at:]])
