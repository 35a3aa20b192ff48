from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra import certificates
from runtime.errors import PlanError
from sizing.plan import Hosts, Mail, Platform, Ports, Space, Tls


def platform(tls: Tls | None = None, wiki: str = "wiki.firm.test") -> Platform:
    return Platform(
        name="firm",
        company="Firm",
        administrator_mail="it@firm.test",
        hosts=Hosts(internal="blogs.firm.test", external="www.firm.test", wiki=wiki),
        ports=Ports(http=80, https=443),
        internal_networks=("10.0.0.0/8",),
        spaces=(Space(kind="blog", title="News", path="news", visibility="internal"),),
        tls=tls or Tls(),
        mail=Mail(sender="it@firm.test"),
    )


def self_signed(folder: Path, *hosts: str, days: int = 30) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "firm")])
    start = datetime.now(UTC) - timedelta(days=60)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(start).not_valid_after(datetime.now(UTC) + timedelta(days=days))
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False).sign(key, hashes.SHA256())
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "k.pem").write_bytes(private)
    return Tls(certificate=str(folder / "c.pem"), key=str(folder / "k.pem"))


def test_an_own_authority_signs_a_certificate_for_every_host(tmp_path: Path) -> None:
    site = certificates.ensure(tmp_path, platform())
    certificate = x509.load_pem_x509_certificate(site.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "tls" / "ca.pem").read_bytes()))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["blogs.firm.test", "www.firm.test", "wiki.firm.test"]


def test_a_good_certificate_is_kept(tmp_path: Path) -> None:
    before = certificates.ensure(tmp_path, platform()).read_bytes()
    assert certificates.ensure(tmp_path, platform()).read_bytes() == before


def test_a_new_host_name_gets_a_new_certificate_from_the_same_authority(tmp_path: Path) -> None:
    before = certificates.ensure(tmp_path, platform()).read_bytes()
    authority = (tmp_path / "tls" / "ca.pem").read_bytes()
    assert certificates.ensure(tmp_path, platform(wiki="handbook.firm.test")).read_bytes() != before
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == authority


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"])
def test_a_damaged_certificate_is_made_again(tmp_path: Path, damage: bytes) -> None:
    site = certificates.ensure(tmp_path, platform())
    site.write_bytes(damage)
    x509.load_pem_x509_certificate(certificates.ensure(tmp_path, platform()).read_bytes())


def test_a_host_s_address_gets_a_certificate_for_hours_from_the_same_authority(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, platform())
    issued, authority = certificates.for_address(tmp_path, platform(), "10.20.0.11")
    assert authority == (tmp_path / "tls" / "ca.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(issued)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    assert certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(days=1)
    assert b"PRIVATE KEY" in issued
    assert b"PRIVATE KEY" not in authority
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.20.0.11"]


def test_where_the_certificate_is_the_companys_hosts_have_an_authority_of_their_own(tmp_path: Path) -> None:
    company = platform(self_signed(tmp_path, "blogs.firm.test", "*.firm.test"))
    site = certificates.ensure(tmp_path, company).read_bytes()
    _, authority = certificates.for_address(tmp_path, company, "2001:db8::1")
    assert certificates.for_address(tmp_path, company, "10.20.0.11")[1] == authority != (tmp_path / "tls" / "ca.pem").read_bytes()
    assert certificates.ensure(tmp_path, company).read_bytes() == site


def test_the_company_files_are_used_as_they_are(tmp_path: Path) -> None:
    tls = self_signed(tmp_path, "blogs.firm.test", "*.firm.test")
    site = certificates.ensure(tmp_path, platform(tls)).read_text()
    assert (tmp_path / "c.pem").read_text().strip() in site
    assert (tmp_path / "k.pem").read_text().strip() in site


def aged(monkeypatch: pytest.MonkeyPatch, folder: Path, days: int) -> None:
    """Issue a certificate that ends in ``days``."""
    monkeypatch.setattr(certificates, "SITE_LIFE", timedelta(days=days, hours=2))
    certificates.ensure(folder, platform())
    monkeypatch.undo()


def test_what_will_be_issued_or_renewed_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert certificates.ends(tmp_path) is None
    assert certificates.renews(tmp_path, platform()) == "issue a certificate for blogs.firm.test, www.firm.test, wiki.firm.test"
    aged(monkeypatch, tmp_path, days=10)
    old = certificates.ends(tmp_path)
    assert old is not None
    assert certificates.renews(tmp_path, platform()) == f"renew the certificate: ends {old:%Y-%m-%d}"
    certificates.ensure(tmp_path, platform())
    new = certificates.ends(tmp_path)
    assert new is not None
    assert new > old
    assert certificates.renews(tmp_path, platform()) == ""
    assert certificates.renews(tmp_path, platform(wiki="handbook.firm.test")).startswith("issue a certificate for ")


def test_the_companys_new_certificate_is_announced_until_it_is_taken_over(tmp_path: Path) -> None:
    tls = self_signed(tmp_path, "*.firm.test")
    assert certificates.renews(tmp_path, platform(tls)).startswith("take over the company's certificate: ends ")
    certificates.ensure(tmp_path, platform(tls))
    assert certificates.renews(tmp_path, platform(tls)) == ""


def test_an_authority_near_its_end_is_replaced_with_what_it_issued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "AUTHORITY_LIFE", timedelta(days=10))
    certificates.ensure(tmp_path, platform())
    monkeypatch.undo()
    before = (tmp_path / "tls" / "ca.pem").read_bytes()
    assert certificates.renews(tmp_path, platform()).startswith("renew the certificate: ends ")
    certificates.ensure(tmp_path, platform())
    assert (tmp_path / "tls" / "ca.pem").read_bytes() != before
    assert certificates.renews(tmp_path, platform()) == ""


def test_company_files_that_do_not_fit_are_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"does not cover www\.firm\.test, wiki\.firm\.test"):
        certificates.ensure(tmp_path, platform(self_signed(tmp_path, "blogs.firm.test")))
    with pytest.raises(PlanError, match="ended on"):
        certificates.ensure(tmp_path, platform(self_signed(tmp_path, "*.firm.test", days=-1)))
    fitting = self_signed(tmp_path, "*.firm.test")
    other = tmp_path / "other"
    other.mkdir()
    stranger = self_signed(other, "*.firm.test")
    with pytest.raises(PlanError, match="do not belong together"):
        certificates.ensure(tmp_path, platform(Tls(certificate=fitting.certificate, key=stranger.key)))
    (tmp_path / "k.pem").write_text("no key")
    with pytest.raises(PlanError, match="not readable PEM"):
        certificates.ensure(tmp_path, platform(fitting))
