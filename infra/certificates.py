"""TLS from the start: an own certificate authority, or the company's files."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.company_certificate import accept, issued, names, roots
from runtime import files
from sizing.plan import Platform

AUTHORITY_LIFE = timedelta(days=3650)
SITE_LIFE = timedelta(days=397)
ADDRESS_LIFE = timedelta(hours=6)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(hours=1)


def ensure(folder: Path, platform: Platform) -> Path:
    """Make or check ``folder``/tls: ca.pem (what clients trust) and site.pem (chain and key); return site.pem.

    Where an ACME server is asked, site.pem is what is served until it has answered, and trusted.pem what clients of ours trust.
    Raises PlanError where the company's files do not fit each other, the hosts or the date.
    """
    store = folder / "tls"
    site = store / "site.pem"
    if platform.tls.certificate:
        accepted = accept(platform.tls, platform.names)
        files.write(store / "ca.pem", accepted.authority)
        files.write(site, accepted.site, files.PRIVATE)
    elif _flaw(site, platform):
        _issue(store, site, platform)
    if platform.tls.acme is not None:
        files.write(store / "trusted.pem", (store / "ca.pem").read_bytes() + roots(platform.tls.acme.authority))
    return site


def renews(folder: Path, platform: Platform) -> str:
    """Return what ``ensure`` would change, as a line for a person; '' where nothing. Raises PlanError as it does."""
    site = folder / "tls" / "site.pem"
    if not platform.tls.certificate:
        return _flaw(site, platform)
    accepted = accept(platform.tls, platform.names)
    same = _content(site) == accepted.site and _content(site.parent / "ca.pem") == accepted.authority
    return "" if same else f"take over the company's certificate: ends {accepted.ends:%Y-%m-%d}"


def ends(folder: Path) -> datetime | None:
    """Return when the first certificate of ``folder``/tls/site.pem ends; None where there is none that can be read."""
    try:
        chain = x509.load_pem_x509_certificates(_content(folder / "tls" / "site.pem"))
    except ValueError:
        return None
    return min(one.not_valid_after_utc for one in chain)


def begins(folder: Path) -> datetime | None:
    """Return when the certificate of ``folder``/tls/site.pem begins; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(_content(folder / "tls" / "site.pem")).not_valid_before_utc
    except ValueError:
        return None


def for_address(folder: Path, platform: Platform, address: str) -> tuple[bytes, bytes]:
    """Return a certificate with its key (PEM) for a server at an IP address, good for a few hours, and the authority's own (PEM).

    Where the platform's certificate is the company's, the authority is one of the deployment's own, made on first use: no client of people trusts it.
    """
    name = "hosts-ca" if platform.tls.certificate else "ca"
    authority, authority_key = _authority(folder / "tls", platform, name)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(authority, authority_key, key, address, [x509.IPAddress(ipaddress.ip_address(address))], ADDRESS_LIFE)
    return certificate.public_bytes(serialization.Encoding.PEM) + _pem(key), authority.public_bytes(serialization.Encoding.PEM)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _flaw(site: Path, platform: Platform) -> str:
    """Return what must be done about a certificate of our own; '' where it is good."""
    anew = f"issue a certificate for {', '.join(platform.names)}"
    try:
        certificate = x509.load_pem_x509_certificate(_content(site))
        authority = x509.load_pem_x509_certificate(_content(site.parent / "ca.pem"))
    except ValueError:
        return anew
    if not issued(certificate, authority) or not set(platform.names) <= names(certificate):
        return anew
    end = min(certificate.not_valid_after_utc, authority.not_valid_after_utc)
    return "" if _lasts(end) else f"renew the certificate: ends {end:%Y-%m-%d}"


def _lasts(end: datetime) -> bool:
    return end > datetime.now(UTC) + RENEW_BEFORE


def _issue(store: Path, site: Path, platform: Platform) -> None:
    authority, authority_key = _authority(store, platform)
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = platform.names
    certificate = _signed(authority, authority_key, key, hosts[0], [x509.DNSName(host) for host in hosts], SITE_LIFE)
    files.write(site, certificate.public_bytes(serialization.Encoding.PEM) + _pem(key), files.PRIVATE)


def _signed(  # noqa: PLR0913, PLR0917 - each is one property of a certificate
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    name: str,
    others: list[x509.GeneralName],
    life: timedelta,
) -> x509.Certificate:
    return (
        _builder(name, authority.subject, key, life)
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _authority(store: Path, platform: Platform, called: str = "ca") -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = store / f"{called}.pem", store / f"{called}-key.pem"
    if certificate_file.exists() and key_file.exists():
        held = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        ours = certificate.public_key() == held.public_key() and _lasts(certificate.not_valid_after_utc)
        if ours and isinstance(held, ec.EllipticCurvePrivateKey):
            return certificate, held
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{platform.company} Underdesk CA ({platform.name})"[:64])])
    certificate = (
        _builder("", name, key, AUTHORITY_LIFE)
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_authority_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.write(key_file, _pem(key), files.PRIVATE)
    files.write(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _builder(common_name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - CLOCK_SLACK
    builder = x509.CertificateBuilder().issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + life)
    return builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])) if common_name else builder


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
