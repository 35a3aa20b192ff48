"""One archive out of what was gathered, with no known secret in it."""

import io
import tarfile
import time
from collections.abc import Iterable
from typing import Final

from infra.redaction import Secret, redacted
from infra.support import Gathered

PRIVATE: Final = 0o600
CONTENTS: Final = "CONTENTS.txt"
ABOUT: Final = """\
What 'plan support-bundle' collected{of}.

Look through it before you give it away. Left out or changed:
- passwords, keys and the passphrase of this deployment, in plain or encoded: [secret: NAME]
- in the logs, addresses of clients are shortened to their network, queries, names of people in paths and
  what looks like a password are gone: [hidden]
- nothing of posts, pages, pictures, mail or the database is in it
It names your hosts, your networks, your company and the administrator's mail address.
"""


def archive(gathered: Gathered, known: Iterable[Secret], folder: str, of: str) -> bytes:
    """Return a .tar.gz whose members lie in ``folder``, with every secret of ``known`` taken out."""
    known = list(known)
    members = {name: redacted(text, known) for name, text in {CONTENTS: contents(gathered, of), **gathered.members}.items()}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in members.items():
            _add(tar, f"{folder}/{redacted(name, known)}", text.encode("utf-8", "replace"))
    return made.getvalue()


def contents(gathered: Gathered, of: str) -> str:
    """Return the page that says what is in the bundle and what could not be had."""
    there = [f"  {name} ({len(text):,} characters)" for name, text in gathered.members.items()]
    missing = [f"  {part}: {why}" for part, why in gathered.missing.items()]
    return "\n".join([ABOUT.format(of=f" of {of}" if of else ""), "In it:", *there, "", "Could not be had:", *(missing or ["  nothing"]), ""])


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode, about.mtime = len(content), PRIVATE, int(time.time())
    tar.addfile(about, io.BytesIO(content))
