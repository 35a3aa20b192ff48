"""TLS from the start: an own certificate authority, or the company's files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from runtime import files
from runtime.errors import PlanError
from sizing.plan import Platform

AUTHORITY_LIFE = timedelta(days=3650)
SITE_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(hours=1)


def ensure(folder: Path, platform: Platform) -> Path:
    """Make or check ``folder``/tls: ca.pem (what clients trust) and site.pem (chain and key); return site.pem.

    Raises PlanError where the company's files do not fit each other, the hosts or the date.
    """
    store = folder / "tls"
    if platform.tls.certificate:
        return _company(store, platform)
    site = store / "site.pem"
    if not _still_good(site, platform):
        _issue(store, site, platform)
    return site


def _hosts(platform: Platform) -> list[str]:
    return list(dict.fromkeys(platform.hosts.model_dump().values()))


def _still_good(site: Path, platform: Platform) -> bool:
    authority = site.parent / "ca.pem"
    if not site.exists() or not authority.exists():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(site.read_bytes())
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except (ValueError, TypeError, OSError, InvalidSignature):
        return False
    return set(_hosts(platform)) <= _names(certificate) and certificate.not_valid_after_utc > datetime.now(UTC) + RENEW_BEFORE


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return set(names.get_values_for_type(x509.DNSName))


def _company(store: Path, platform: Platform) -> Path:
    where = "brief.yaml: infrastructure.tls"
    certificate_text = files.read(Path(platform.tls.certificate), hint="name the PEM file of certificate and chain")
    key_text = files.read(Path(platform.tls.key), hint="name the PEM file of the private key")
    try:
        chain = x509.load_pem_x509_certificates(certificate_text.encode())
        key = serialization.load_pem_private_key(key_text.encode(), None)
    except (ValueError, TypeError) as problem:
        raise PlanError("certificate or key is not readable PEM", where=where, hint="give PEM files, the key without a passphrase") from problem
    _check_company(chain[0], key, platform, where)
    files.write(store / "ca.pem", chain[-1].public_bytes(serialization.Encoding.PEM))
    files.write(store / "site.pem", certificate_text.rstrip() + "\n" + key_text, files.PRIVATE)
    return store / "site.pem"


def _check_company(certificate: x509.Certificate, key: PrivateKeyTypes, platform: Platform, where: str) -> None:
    if certificate.public_key() != key.public_key():
        raise PlanError("key and certificate do not belong together", where=where, hint="name the key that the certificate was made with")
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise PlanError(f"certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}", where=where, hint="renew it")
    missing = [host for host in _hosts(platform) if not _covers(_names(certificate), host)]
    if missing:
        raise PlanError(f"certificate does not cover {', '.join(missing)}", where=where, hint="add these names to its subjectAltName")


def _covers(names: set[str], host: str) -> bool:
    return host in names or f"*.{host.split('.', 1)[-1]}" in names


def _issue(store: Path, site: Path, platform: Platform) -> None:
    authority, authority_key = _authority(store, platform)
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = _hosts(platform)
    certificate = (
        _builder(hosts[0], authority.subject, key, SITE_LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    files.write(site, certificate.public_bytes(serialization.Encoding.PEM) + _pem(key), files.PRIVATE)


def _authority(store: Path, platform: Platform) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = store / "ca.pem", store / "ca-key.pem"
    if certificate_file.exists() and key_file.exists():
        held = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if isinstance(held, ec.EllipticCurvePrivateKey) and certificate.public_key() == held.public_key():
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
