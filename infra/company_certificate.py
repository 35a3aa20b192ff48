"""The company's own certificate: checked as our clients and its browsers will, before anything is deployed."""

import ssl
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from runtime import files
from runtime.errors import PlanError
from sizing.plan import Tls

WHERE = "brief.yaml: infrastructure.tls"
SYSTEM_BUNDLE = "ca-certificates.crt"
Chain = list[x509.Certificate]


@dataclass(frozen=True)
class Accepted:
    """What was checked: ``site`` (chain and key, PEM), and the root certificate that it is verified against."""

    site: bytes
    authority: bytes
    ends: datetime


def accept(tls: Tls, hosts: Sequence[str]) -> Accepted:
    """Return the company's files in the shape that the front door and its clients need.

    Raises PlanError where they do not fit each other, ``hosts`` or the date, or where no trusted root is known.
    """
    chain = _chain(tls.certificate, f"{WHERE}.certificate", "name the PEM file of certificate and chain")
    key = _key(tls.key)
    _check_order(chain, key)
    _check_use(chain, hosts)
    root = _root(chain, tls.authority)
    for host in hosts:
        _shake_hands(tls, _pem([root]).decode(), host)
    return Accepted(_pem(chain) + _key_pem(key), _pem([root]), min(one.not_valid_after_utc for one in chain))


def _chain(path: str, where: str, hint: str) -> Chain:
    try:
        return x509.load_pem_x509_certificates(files.read(Path(path), hint=hint).encode())
    except ValueError as problem:
        raise PlanError(f"certificate in {path} is not readable PEM", where=where, hint="give a PEM file (it begins with BEGIN CERTIFICATE)") from problem


def _key(path: str) -> PrivateKeyTypes:
    text, where = files.read(Path(path), hint="name the PEM file of the private key"), f"{WHERE}.key"
    try:
        return serialization.load_pem_private_key(text.encode(), None)
    except TypeError as problem:
        hint = "take it off ('openssl pkey -in KEY -out PLAIN'), and let nobody but root read the file"
        raise PlanError("the key has a passphrase, and nobody is there to type it", where=where, hint=hint) from problem
    except ValueError as problem:
        raise PlanError(f"key in {path} is not readable PEM", where=where, hint="give a PEM file, the key without a passphrase") from problem


def _check_order(chain: Chain, key: PrivateKeyTypes) -> None:
    where = f"{WHERE}.certificate"
    if all(one.public_key() != key.public_key() for one in chain):
        raise PlanError("key and certificate do not belong together", where=where, hint="name the key that the certificate was made with")
    if chain[0].public_key() != key.public_key():
        raise PlanError("the chain is in the wrong order", where=where, hint="put the server's own certificate first, and after each the one that issued it")
    for one, issuer in pairwise(chain):
        if not issued(one, issuer):
            hint = "put the server's own certificate first, and after each the one that issued it; leave others out"
            raise PlanError(f"the chain is in the wrong order: '{_name(issuer)}' did not issue '{_name(one)}'", where=where, hint=hint)


def _check_use(chain: Chain, hosts: Sequence[str]) -> None:
    where = f"{WHERE}.certificate"
    if ended := next((one for one in chain if one.not_valid_after_utc < datetime.now(UTC)), None):
        raise PlanError(f"certificate '{_name(ended)}' ended on {ended.not_valid_after_utc:%Y-%m-%d}", where=where, hint="renew it")
    missing = [host for host in hosts if not _covers(names(chain[0]), host)]
    if missing:
        hint = "add these names to its subjectAltName; a common name (CN) does not count"
        raise PlanError(f"certificate does not cover {', '.join(missing)}", where=where, hint=hint)


def names(certificate: x509.Certificate) -> set[str]:
    """Return the host names that ``certificate`` is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return set(found.get_values_for_type(x509.DNSName))


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether ``issuer`` signed ``certificate``."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _covers(known: set[str], host: str) -> bool:
    return host in known or f"*.{host.split('.', 1)[-1]}" in known


def _root(chain: Chain, authority: str) -> x509.Certificate:
    """Return the root that ends ``chain``: from ``authority``, the chain itself, or what this system trusts."""
    last, where = chain[-1], f"{WHERE}.authority"
    if authority:
        hint = "name the PEM file of the root (issued by itself) that the chain ends at; are all certificates between in the file of the chain?"
        known, message = _chain(authority, where, hint), f"{authority} holds no root certificate that issued '{_name(last)}'"
    else:
        hint = "name the PEM file of your company's root; is the issuer of the server's certificate in the file of the chain?"
        known, message = [last] if issued(last, last) else _system_roots(), f"nobody whom this machine trusts issued '{_name(last)}'"
    root = next((one for one in known if issued(last, one) and issued(one, one)), None)
    if root is None:
        raise PlanError(message, where=where, hint=hint)
    return root


def roots(authority: str) -> bytes:
    """Return whom an ACME server's certificates may be of: those in ``authority``, else everybody whom this system trusts. Raises PlanError."""
    where = f"{WHERE}.acme.authority"
    found = _chain(authority, where, "name the PEM file of your ACME server's root") if authority else _system_roots()
    if not found:
        raise PlanError("this machine trusts nobody", where=where, hint="install ca-certificates, or name the root of your ACME server")
    return _pem(found)


def _system_roots() -> Chain:
    paths = ssl.get_default_verify_paths()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bundles = [paths.cafile or "", str(Path(paths.capath) / SYSTEM_BUNDLE) if paths.capath else ""]
    for bundle in bundles:
        with suppress(OSError):
            context.load_verify_locations(cafile=bundle)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how well others made their roots is not ours to say
        for one in context.get_ca_certs(binary_form=True):
            with suppress(ValueError):
                found.append(x509.load_der_x509_certificate(one))
    return found


def _shake_hands(tls: Tls, trusted: str, host: str) -> None:
    """Let a client that trusts ``trusted`` meet a server with the company's files, in memory; raises PlanError where it refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tls.certificate, tls.key)
        client = ssl.create_default_context(cadata=trusted).wrap_bio(to_client, to_server, server_hostname=host)
        for side in (client, server.wrap_bio(to_server, to_client, server_side=True), client):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLError as problem:
        reason = getattr(problem, "verify_message", "") or problem.reason or str(problem)
        raise PlanError(f"a browser would refuse {host}: {reason}", where=f"{WHERE}.certificate", hint="have it issued anew without that fault") from problem


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "a certificate without a name"


def _pem(chain: Chain) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)


def _key_pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
