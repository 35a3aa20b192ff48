"""Have the certificate that an ACME server issues for a front door, and have it anew in time: run every hour, and by every deploy.

underdesk-certificate SETTINGS.json [--now]: --now asks where it is wanted, however short ago it failed. It says one line of JSON;
0: a good certificate is in force, or the time has not come to ask again; 1: asked in vain, what was in force stays.

Every front door has the account's key and answers every challenge by itself (TOKEN.THUMBPRINT): nothing is told before it is asked.

A host name of before that the authority refuses keeps nobody from a certificate for the others: it is left out when one is due, and asked for again later.
"""

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ASK_AGAIN_S, ASK_AGAIN_AT_MOST_S = 3600, 12 * 3600
LIFE_LEFT = 3  # a third of its life is left when it is renewed
LIFE_LEFT_AT_LAST = 4  # a quarter: then also without a name that it covered
PATIENCE_OF_LIFE = 24  # a certificate of a day is asked for every hour
SOME_SLACK_S = 300  # a schedule does not run to the second
RELOAD_S = 60
RESULT = "result.json"
FAILURE = ("failed_at", "problem", "failures", "ask_again_at")
BY_ACME = "# by ACME, for "
Told = dict[str, Any]
SYSTEM_ROOTS = "/etc/ssl/certs/ca-certificates.crt"


class NotIssuedError(Exception):
    """Why there is no new certificate; ``names`` are those that the authority has something against, where it says so."""

    def __init__(self, said: str, names: Iterable[str] = ()) -> None:
        super().__init__(said)
        self.names = frozenset(names)


def main() -> int:
    """Look, ask where it is time, say what became of it."""
    now = "--now" in sys.argv[2:]
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    store = Path(settings["store"])
    with (store / "lock").open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = _read_result(store)
        in_force, names = _ours(Path(settings["target"]), settings)
        same = result.get("directory") == settings["directory"]
        if in_force and same and names == set(settings["hosts"]) and not _due(in_force):
            return _record(store, {key: result[key] for key in result if key not in FAILURE} | {"outcome": "in force"}, 0)
        if not now and time.time() < result.get("ask_again_at", 0):
            return _say({**result, "outcome": "waits"})
        return _have_it(settings, store, result)


def _have_it(settings: Told, store: Path, before: Told) -> int:
    known = {"directory": settings["directory"], "hosts": settings["hosts"]}
    try:
        _someone_serves(settings["service"])
        pem, hosts, refused = _issued(settings, store, before)
        _check(pem, settings, hosts)
        write(store / "site.pem", pem, 0o600)
        _put_in_force(settings, pem)
    except NotIssuedError as problem:
        left = {key: before[key] for key in ("directory", "hosts", "obtained_at", "ends") if key in before}
        return _record(store, {**known, **left, **_failed(settings, before, str(problem)), "outcome": "failed"}, 1)
    ends = _ends(_leaf(pem)).isoformat()
    failed = _failed(settings, before, refused) if refused else {}
    return _record(store, {**known, "obtained_at": _moment(time.time()), "ends": ends, **failed, "outcome": "obtained"}, 0)


def _failed(settings: Told, before: Told, problem: str) -> Told:
    """Return what is noted of a problem, and when to ask again."""
    failures, now = before.get("failures", 0) + 1, time.time()
    again = now + _pause(failures, _ours(Path(settings["target"]), settings)[0]) - SOME_SLACK_S
    return dict(zip(FAILURE, (_moment(now), problem, failures, again), strict=True))


def _issued(settings: Told, store: Path, before: Told) -> tuple[bytes, list[str], str]:
    """Return key and chain, the names that they are for, and why that is not all of them ("": it is).

    A name of before that is refused is left out, but no name that the one in force covers as long as there is time to ask again.
    """
    hosts, refused = list(settings["hosts"]), ""
    while True:
        try:
            return _kept(settings, store, before, hosts) or _obtained(settings, hosts), hosts, refused
        except NotIssuedError as problem:
            left = [host for host in hosts if host not in problem.names]
            if left == hosts or not problem.names <= set(settings["former"]):
                raise
            hosts, refused = left, f"{refused}; {problem}".removeprefix("; ")
            if _serves_well(settings, before, hosts):
                raise NotIssuedError(refused) from problem


def _serves_well(settings: Told, before: Told, hosts: Iterable[str]) -> bool:
    """Tell whether a certificate for ``hosts`` alone would make nothing better now."""
    in_force, names = _ours(Path(settings["target"]), settings)
    if in_force is None or before.get("directory") != settings["directory"] or _due(in_force, LIFE_LEFT_AT_LAST):
        return False
    return bool(names - set(hosts)) or (names == set(hosts) and not _due(in_force))


def _obtained(settings: Told, hosts: list[str]) -> bytes:
    """Return key and chain for ``hosts`` as the front door reads them, new from the authority."""
    try:
        import acme.client  # noqa: F401, PLC0415 - said as what it is, not as a traceback
    except ImportError as problem:
        said = "python3-acme is not installed on this host"
        raise NotIssuedError(said) from problem
    from acme import errors, messages  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    try:
        return heading(hosts) + _pem(key) + _asked(settings, _request(hosts, key)).encode()
    except errors.ValidationError as problem:
        names = [one.body.identifier.value for one in problem.failed_authzrs]
        raise NotIssuedError(f"the authority did not find its challenge answered: {_refusals(problem.failed_authzrs)}", names) from problem
    except messages.Error as problem:
        raise NotIssuedError(f"the authority refuses: {_detail(problem)}", _named(problem, hosts)) from problem
    except errors.IssuanceError as problem:
        raise NotIssuedError(f"the authority refuses: {_detail(problem.error)}", _named(problem.error, hosts)) from problem
    except errors.TimeoutError as problem:
        raise NotIssuedError("the authority has not answered in time") from problem
    except (RequestException, OSError) as problem:
        raise NotIssuedError(f"the authority cannot be reached: {_short(problem)}") from problem
    except (errors.Error, ValueError) as problem:  # the library calls a refused connection a ValueError
        what = "cannot be reached" if str(problem).startswith("Requesting ") else "gives an answer that is not understood"
        raise NotIssuedError(f"the authority {what}: {_short(problem)}") from problem


def _asked(settings: Told, request: bytes) -> str:
    """Return the chain (PEM) that an order for ``request`` (PEM) ends in."""
    import josepy  # noqa: PLC0415 - half a second, and rarely needed
    from acme import challenges, client, messages  # noqa: PLC0415

    if settings["authority"]:
        os.environ["REQUESTS_CA_BUNDLE"] = settings["authority"]
    held = serialization.load_pem_private_key(Path(settings["account"]).read_bytes(), None)
    network = client.ClientNetwork(josepy.JWKRSA(key=held), user_agent="underdesk")
    server = client.ClientV2(client.ClientV2.get_directory(settings["directory"], network), network)
    _sign_in(server, settings["contact"], messages)
    order = server.new_order(request)
    for one in order.authorizations:
        if one.body.status == messages.STATUS_VALID:
            continue
        offered = [found for found in one.body.challenges if isinstance(found.chall, challenges.HTTP01)]
        if not offered:
            raise NotIssuedError("the authority does not ask by http-01, which is all that a front door answers")
        server.answer_challenge(offered[0], offered[0].chall.response(network.key))
    return server.poll_and_finalize(order).fullchain_pem


def _sign_in(server: Any, contact: str, messages: Any) -> None:  # noqa: ANN401 - the library is imported late
    """Have the account of our key: the terms were agreed to in the brief."""
    from acme import errors  # noqa: PLC0415

    wanted = messages.NewRegistration.from_data(email=contact, terms_of_service_agreed=True)
    try:
        server.new_account(wanted)
    except errors.ConflictError as there:
        known = messages.RegistrationResource(uri=there.location, body=messages.Registration())
        server.net.account = known
        server.update_registration(known, messages.Registration.from_data(email=contact))


def _request(hosts: list[str], key: ec.EllipticCurvePrivateKey) -> bytes:
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _kept(settings: Told, store: Path, before: Told, hosts: list[str]) -> bytes | None:
    """Return the certificate that was obtained before and is still good; none where it was of another authority, or is for other names than ``hosts``."""
    there, names = _ours(store / "site.pem", settings)
    same = before.get("directory") == settings["directory"] and names == set(hosts)
    return (store / "site.pem").read_bytes() if there and same and not _due(there) else None


def _check(pem: bytes, settings: Told, hosts: list[str]) -> None:
    """Refuse what a browser would refuse."""
    leaf = _leaf(pem)
    names = set(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))
    if missing := set(hosts) - names:
        raise NotIssuedError(f"what was issued does not cover {', '.join(sorted(missing))}")
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
        chain.write(b"".join(re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", pem, re.DOTALL)))
        chain.flush()
        roots = settings["authority"] or SYSTEM_ROOTS
        done = _run("openssl", "verify", "-CAfile", roots, "-untrusted", chain.name, chain.name)
    if done.returncode:
        said = (re.findall(r"error \d+ at.*?: *(.*)", done.stderr + done.stdout) or [done.stderr.strip()])[0]
        hint = "is the authority's root the one that the brief names (infrastructure.tls.acme.authority)?"
        raise NotIssuedError(f"what was issued is not trusted ({said}): {hint}")


def _put_in_force(settings: Told, pem: bytes) -> None:
    """Write the certificate where the front door reads it, and let it read it; what was there comes back where that fails."""
    target = Path(settings["target"])
    before = target.read_bytes() if target.exists() else None
    write(target, pem, 0o640, settings["group"])
    try:
        _reload(settings["service"])
    except NotIssuedError:
        if before is not None:
            write(target, before, 0o640, settings["group"])
        raise


def _reload(service: str) -> None:
    for one in _front_doors(service):
        done = _run("docker", "exec", one, "underdesk-frontdoor", "reload")
        if done.returncode:
            raise NotIssuedError(f"the front door does not take the new certificate: {(done.stderr or done.stdout).strip()[-300:]}")


def _front_doors(service: str) -> list[str]:
    running = _run("docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={service}")
    if running.returncode:
        raise NotIssuedError(f"the engine does not answer: {running.stderr.strip()[-300:]}")
    return running.stdout.split()


def _someone_serves(service: str) -> None:
    """Ask nobody for a certificate where nobody shows it, nor answers for it: the host may have been a front door once."""
    if not _front_doors(service):
        raise NotIssuedError("no front door runs on this host")


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=RELOAD_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NotIssuedError(f"{argv[0]} does not run: {problem}") from problem


def heading(hosts: list[str]) -> bytes:
    """Return the line that a certificate of ours begins with: by it a deploy knows what it leaves alone."""
    return f"{BY_ACME}{' '.join(hosts)}\n".encode()


def _ours(path: Path, settings: Told) -> tuple[x509.Certificate | None, set[str]]:
    """Return the certificate in ``path`` with its names, where we have put it there for all of today's hosts and no others than are wanted."""
    try:
        pem = path.read_bytes()
        first = pem.partition(b"\n")[0].decode("utf-8", "replace")
        names = set(first.removeprefix(BY_ACME).split())
        ours = first.startswith(BY_ACME) and set(settings["hosts"]) - set(settings["former"]) <= names <= set(settings["hosts"])
        return (_leaf(pem), names) if ours else (None, set())
    except (OSError, ValueError):
        return None, set()


def _leaf(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE-----") :])


def _begins(certificate: x509.Certificate) -> datetime:
    return getattr(certificate, "not_valid_before_utc", None) or certificate.not_valid_before.replace(tzinfo=UTC)


def _ends(certificate: x509.Certificate) -> datetime:
    return getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after.replace(tzinfo=UTC)


def _due(certificate: x509.Certificate, left: int = LIFE_LEFT) -> bool:
    life = _ends(certificate) - _begins(certificate)
    return datetime.now(UTC) >= _ends(certificate) - life / left


def _pause(failures: int, in_force: x509.Certificate | None) -> float:
    """Return for how long nobody is asked again: twice as long each time, and never so long that a short life would end."""
    most = ASK_AGAIN_AT_MOST_S
    if in_force:
        most = min(most, (_ends(in_force) - _begins(in_force)).total_seconds() / PATIENCE_OF_LIFE)
    return min(ASK_AGAIN_S * 2 ** min(failures - 1, 8), max(most, ASK_AGAIN_S))


def _refusals(authorizations: list[Any]) -> str:
    said = [
        f"{one.body.identifier.value}: {_detail(challenge.error)}" for one in authorizations for challenge in one.body.challenges if challenge.error is not None
    ]
    return "; ".join(dict.fromkeys(said))


def _named(error: Any, hosts: list[str]) -> list[str]:  # noqa: ANN401 - as the library has it
    """Return which of ``hosts`` an authority's refusal is about."""
    said = [one.identifier.value for one in getattr(error, "subproblems", None) or () if one.identifier]
    return said or [host for host in hosts if re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w.-]*\w)", str(error.detail or ""))]


def _detail(error: Any) -> str:  # noqa: ANN401 - as the library has it
    """Return what an authority said, and which kind of problem it calls it."""
    parts = [f"{one.identifier.value}: {one.detail}" for one in getattr(error, "subproblems", None) or () if one.identifier]
    kind = str(getattr(error, "typ", "") or "").rpartition(":")[2]
    return f"{'; '.join(parts) or error.detail or error}{f' ({kind})' if kind else ''}"


def _short(problem: BaseException) -> str:
    """Return the innermost reason, on one line: what networks say is nested."""
    reason: Any = problem
    while inner := getattr(reason, "reason", None) or next((one for one in getattr(reason, "args", ()) if isinstance(one, Exception)), None):
        reason = inner
    return " ".join(re.sub(r"<[^>]*>:? ?", "", str(reason)).split())[-300:]


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def write(path: Path, content: bytes, mode: int, group: int | None = None) -> None:
    """Put ``content`` in place, whole or not at all; nobody reads it before its mode is right."""
    fresh = path.with_name(f"{path.name}.underdesk-new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if group is not None:
        os.chown(fresh, -1, group)
    fresh.chmod(mode)
    fresh.replace(path)


def _read_result(store: Path) -> Told:
    try:
        return json.loads((store / RESULT).read_bytes())
    except (OSError, ValueError):
        return {}


def _record(store: Path, result: Told, code: int) -> int:
    write(store / RESULT, json.dumps(result, indent=1).encode(), 0o644)
    return _say(result, code)


def _say(result: Told, code: int = 0) -> int:
    print(json.dumps(result))  # noqa: T201 - its answer
    return code


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    sys.exit(main())
