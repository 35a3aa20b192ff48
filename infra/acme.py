"""The certificate that an ACME server issues: the account, what a host is told, and how it stands.

What asks for it, and renews it, is a program on each host with a front door: playbooks/roles/front_door/files/underdesk-certificate.py.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from infra import credentials
from infra.deployment import Deployment
from runtime.errors import PlanError
from runtime.run import Completed, run
from sizing.plan import Platform

FOLDER: Final = "certificate"
PROGRAM: Final = "underdesk-certificate.py"
SETTINGS: Final = "settings.json"
RESULT: Final = "result.json"
BY_ACME: Final = "# by ACME, for "
PYTHON: Final = "/usr/bin/python3"
"""The distribution's, which the library comes with."""
LIMIT_S: Final = 400
OVERDUE: Final = 1 / 4
"""Of its life is left and nobody has renewed it; that is tried from a third on."""
NO: Final = 3
MEND: Final = "mend that, then run 'plan deploy': it asks again at once, and every few hours it is asked again by itself"
Say = Callable[[str], None]


def told(deployment: Deployment) -> dict[str, Any]:
    """Return what a host with a front door is told; {} where no ACME server is asked. The account's key is made on first use."""
    acme, platform = deployment.plan.platform.tls.acme, deployment.plan.platform
    if acme is None:
        return {}
    credentials.one(deployment.folder, credentials.ACME)
    place = deployment.place / FOLDER
    settings = {
        "directory": acme.directory,
        "contact": acme.contact,
        "hosts": list(platform.names),
        "former": list(platform.former_names),
        "authority": str(place / "authority.pem") if acme.authority else "",
        "account": str(place / "account.pem"),
        "store": str(place),
        "target": str(deployment.place / "frontdoor" / "tls.pem"),
        "service": deployment.service("frontdoor"),
    }
    return {
        "folder": str(place),
        "settings": settings,
        "account": str(deployment.folder / "secrets" / credentials.ACME),
        "authority": acme.authority,
        "over": f"\\A(?!{re.escape(BY_ACME + ' '.join(platform.hosts.model_dump().values()))}[ \\n])",
        "command": command(deployment),
    }


def command(deployment: Deployment, *more: str) -> list[str]:
    """Return what is run on a host with a front door."""
    place = deployment.place / FOLDER
    return [PYTHON, str(place / PROGRAM), str(place / SETTINGS), *more]


def schedule(deployment: Deployment) -> Path:
    """Return the file that has it renewed by itself."""
    return Path("/etc/cron.d") / f"underdesk-{deployment.name}_certificate"


def heading(platform: Platform) -> str:
    """Return the first line of a certificate that came by ACME for these hosts; the program writes it."""
    return f"{BY_ACME}{' '.join(platform.names)}\n"


def thumbprint(deployment: Deployment) -> str:
    """Return what every challenge is answered with (RFC 8555, 8.1; RFC 7638); '' where no ACME server is asked."""
    if deployment.plan.platform.tls.acme is None:
        return ""
    key = serialization.load_pem_private_key(credentials.one(deployment.folder, credentials.ACME).encode(), None)
    if not isinstance(key, RSAPrivateKey):
        where = str(deployment.folder / "secrets" / credentials.ACME)
        raise PlanError("is no RSA key", where=where, hint="remove it: another account is made then")
    public = key.public_key().public_numbers()
    return hashed(_number(public.n), _number(public.e))


def hashed(modulus: str, exponent: str) -> str:
    """Return the thumbprint of an RSA key whose numbers are written as in a JSON Web Key (RFC 7638, 3)."""
    canonical = json.dumps({"e": exponent, "kty": "RSA", "n": modulus}, separators=(",", ":"))
    return _base64(hashlib.sha256(canonical.encode()).digest())


def obtain(deployment: Deployment, say: Say) -> None:
    """Have the front door of this machine get its certificate; where that fails, what was in force stays, and the reason is said."""
    if deployment.plan.platform.tls.acme is not None and deployment.on_hosts is None:
        say("asking for the certificate")
        said = outcome(run(command(deployment, "--now"), timeout_s=LIMIT_S, check=False))
        if said:
            say(f"note: {said} (see 'plan status')")


def outcome(done: Completed) -> str:
    """Return why the program has not got a certificate, or not for all names; '' where a good one is in force."""
    said = _parsed((done.stdout.splitlines() or [""])[-1].encode())
    if not done.returncode:
        return f"a certificate by ACME, but not for all names of before: {said['problem']}" if said.get("problem") else ""
    why = said.get("problem") or (done.stderr.strip() or "nothing was said").splitlines()[-1]
    return f"no new certificate by ACME: {why}; what was in force stays"


@dataclass(frozen=True)
class Standing:
    """How a front door's certificate stands: when it ``ends`` (None: it is our own authority's), and what was said last."""

    directory: str
    begins: datetime | None
    ends: datetime | None
    failed_at: str
    problem: str
    now: datetime
    lacks: tuple[str, ...] = ()
    """Host names of before that it does not cover."""

    @property
    def late(self) -> str:
        """What is wrong, for a person; '' where nothing is. A failure is nothing as long as there is time to try again."""
        why = f"asked in vain on {self.failed_at[:16]}: {self.problem}" if self.problem else "nobody has asked since"
        if self.ends is None or self.begins is None:
            return f"browsers are warned, our own authority's certificate is in force; {self.directory} was {why}" if self.problem else self._not_yet
        if self.now >= self.ends:
            return f"the certificate ENDED on {self.ends:%Y-%m-%d %H:%M} UTC; {why}"
        if self.ends - self.now < (self.ends - self.begins) * OVERDUE:
            return f"renewal of the certificate is OVERDUE, it ends on {self.ends:%Y-%m-%d %H:%M} UTC; {why}"
        if self.lacks:
            return f"browsers are warned at {', '.join(self.lacks)}, which the certificate does not cover; {why}"
        return ""

    @property
    def _not_yet(self) -> str:
        return "browsers are warned, our own authority's certificate is in force: the ACME server was not asked yet"

    @property
    def said(self) -> str:
        """The same for a person, good or not."""
        good = f"by ACME, ends {self.ends:%Y-%m-%d %H:%M} UTC, renewed by itself" if self.ends else ""
        failed = f"; the last renewal failed on {self.failed_at[:16]}: {self.problem}" if self.problem else ""
        return self.late or good + failed


def stands(platform: Platform, served: bytes, result: bytes, now: datetime | None = None) -> Standing:
    """Return how it stands by what a front door serves (its file) and what its program said last."""
    if platform.tls.acme is None:
        raise ValueError
    last = _parsed(result)
    begins = ends = None
    covered = _covered(served)
    if covered >= {*platform.hosts.model_dump().values()}:
        one = x509.load_pem_x509_certificate(served[served.index(b"-----BEGIN CERTIFICATE") :])
        begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
    said, lacks = (str(last.get("failed_at", "")), str(last.get("problem", ""))), tuple(name for name in platform.names if begins and name not in covered)
    return Standing(platform.tls.acme.directory, begins, ends, *said, now or datetime.now(UTC), lacks)


def _covered(served: bytes) -> set[str]:
    """Return the names that a certificate by ACME is for, as its first line says; none where it is another."""
    first = served.partition(b"\n")[0].decode("utf-8", "replace")
    return set(first.removeprefix(BY_ACME).split()) if first.startswith(BY_ACME) else set()


def standing(deployment: Deployment, now: datetime | None = None) -> Standing | None:
    """Return the same of this machine's front door; None where no ACME server is asked, or only the administrator may look."""
    if deployment.plan.platform.tls.acme is None:
        return None
    try:
        served = (deployment.place / "frontdoor" / "tls.pem").read_bytes()
    except OSError:
        return None
    return stands(deployment.plan.platform, served, _bytes(deployment.place / FOLDER / RESULT), now)


def to_trust(deployment: Deployment) -> str:
    """Return whom a browser must trust, as a line for a person."""
    acme = deployment.plan.platform.tls.acme
    if acme is None:
        return f"certificate authority to trust: {deployment.ca_file}"
    return f"certificate authority to trust: {acme.authority}" if acme.authority else f"certificate: of {acme.directory}, which browsers trust"


def lines(deployment: Deployment) -> list[str]:
    """Return the same for a person."""
    found = standing(deployment)
    return [f"{'certificate':12} {found.said}"] if found else []


def wrong(deployment: Deployment) -> list[PlanError]:
    """Return what somebody must do about it."""
    found = standing(deployment)
    return [PlanError(found.late, where=deployment.name, hint=MEND, exit_code=NO)] if found and found.late else []


def proposed(deployment: Deployment) -> tuple[str, ...]:
    """Return what a deploy would change, as a line for a person."""
    acme, found = deployment.plan.platform.tls.acme, standing(deployment)
    if acme is None or (found and not found.late and _parsed(_bytes(deployment.place / FOLDER / RESULT)).get("directory") == acme.directory):
        return ()
    return (f"ask {acme.directory} for a certificate for {', '.join(deployment.plan.platform.names)}",)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parsed(result: bytes) -> dict[str, Any]:
    try:
        found = json.loads(result)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
