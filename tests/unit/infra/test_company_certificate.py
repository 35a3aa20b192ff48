"""A company's certificate as companies have them: root, intermediate, leaf; proved by real TLS on the loopback."""

import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from infra import certificates
from runtime.errors import PlanError
from sizing.plan import Hosts, Mail, Platform, Ports, Space, Tls

HOSTS = ("blogs.firm.test", "www.firm.test", "wiki.firm.test")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8, password: bytes = b"") -> bytes:
        sealed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, form, sealed)


def issue(name: str, by: Issued | None, *, hosts: tuple[str, ...] = (), key: Key | None = None) -> Issued:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=100))
    builder = builder.add_extension(x509.BasicConstraints(ca=not hosts and name != "blogs.firm.test", path_length=None), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    return Issued(builder.sign(by.key if by else key, hashes.SHA256()), key)


ROOT = issue("Firm Root", None)
STRANGER = issue("Other Root", None)
MIDDLE = issue("Firm Issuing", ROOT)
LEAF = issue("blogs.firm.test", MIDDLE, hosts=("blogs.firm.test", "*.firm.test"))


def given(folder: Path, *chain: Issued, key: bytes = b"", authority: Issued | None = None) -> Platform:
    (folder / "chain.pem").write_bytes(b"".join(one.pem for one in chain))
    (folder / "key.pem").write_bytes(key or chain[0].key_pem())
    if authority:
        (folder / "root.pem").write_bytes(authority.pem)
    tls = Tls(certificate=str(folder / "chain.pem"), key=str(folder / "key.pem"), authority=str(folder / "root.pem") if authority else "")
    return Platform(
        name="firm",
        company="Firm",
        administrator_mail="it@firm.test",
        hosts=Hosts(internal=HOSTS[0], external=HOSTS[1], wiki=HOSTS[2]),
        ports=Ports(http=80, https=443),
        internal_networks=("10.0.0.0/8",),
        spaces=(Space(kind="blog", title="News", path="news", visibility="internal"),),
        tls=tls,
        mail=Mail(sender="it@firm.test"),
    )


def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Serve one page with tls/site.pem, and ask for it as load tests do: requests, with tls/ca.pem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls" / "site.pem")
    real = socket.getaddrinfo
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with context.wrap_socket(listening.accept()[0], server_side=True) as one:
                one.recv(65536)
                one.sendall(ANSWER)

        def local(_host: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - getaddrinfo's own
            return real("127.0.0.1", *rest, **options)

        threading.Thread(target=answer, daemon=True).start()
        with requests.Session() as session, monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", local)
            session.trust_env, session.verify = False, str(folder / "tls" / "ca.pem")
            return session.get(f"https://{HOSTS[2]}:{listening.getsockname()[1]}/", timeout=60).status_code


def test_leaf_and_intermediate_serve_clients_that_trust_the_named_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates.ensure(tmp_path, given(tmp_path, LEAF, MIDDLE, authority=ROOT))
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == ROOT.pem
    assert served(tmp_path, monkeypatch) == 200


def test_a_chain_that_ends_with_its_root_needs_no_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates.ensure(tmp_path, given(tmp_path, LEAF, MIDDLE, ROOT))
    assert served(tmp_path, monkeypatch) == 200


def test_a_root_that_the_system_trusts_needs_no_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.crt").write_bytes(STRANGER.pem + ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.crt"))
    certificates.ensure(tmp_path, given(tmp_path, LEAF, MIDDLE))
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == ROOT.pem
    assert served(tmp_path, monkeypatch) == 200


def test_an_rsa_key_in_its_old_form_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = issue("blogs.firm.test", MIDDLE, hosts=HOSTS, key=rsa.generate_private_key(65537, 2048))
    certificates.ensure(tmp_path, given(tmp_path, leaf, MIDDLE, key=leaf.key_pem(serialization.PrivateFormat.TraditionalOpenSSL), authority=ROOT))
    assert served(tmp_path, monkeypatch) == 200


@pytest.mark.parametrize(
    ("chain", "authority", "says", "mend"),
    [
        ((LEAF, MIDDLE), None, "nobody whom this machine trusts issued 'CN=Firm Issuing'", "root"),
        ((LEAF, MIDDLE), STRANGER, "holds no root certificate that issued 'CN=Firm Issuing'", "root"),
        ((LEAF, MIDDLE), MIDDLE, "holds no root certificate", "issued by itself"),
        ((LEAF,), ROOT, "holds no root certificate that issued 'CN=blogs.firm.test'", "certificates between"),
        ((LEAF, ROOT, MIDDLE), None, "wrong order: 'CN=Firm Root' did not issue 'CN=blogs.firm.test'", "after each the one that issued it"),
        ((MIDDLE, LEAF), ROOT, "wrong order", "own certificate first"),
        ((issue("blogs.firm.test", MIDDLE), MIDDLE), ROOT, "does not cover blogs.firm.test, www.firm.test, wiki.firm.test", "common name"),
    ],
)
def test_a_chain_that_clients_would_refuse_is_refused_with_the_mend(
    tmp_path: Path, chain: tuple[Issued, ...], authority: Issued | None, says: str, mend: str
) -> None:
    leaf = LEAF if LEAF in chain else chain[0]
    with pytest.raises(PlanError) as caught:
        certificates.ensure(tmp_path, given(tmp_path, *chain, key=leaf.key_pem(), authority=authority))
    assert says in caught.value.message
    assert mend in caught.value.hint
    assert caught.value.where.startswith("brief.yaml: infrastructure.tls.")
    assert not (tmp_path / "tls").exists()


def test_a_key_with_a_passphrase_is_refused_with_the_command_that_takes_it_off(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="passphrase") as caught:
        certificates.ensure(tmp_path, given(tmp_path, LEAF, MIDDLE, key=LEAF.key_pem(password=b"secret"), authority=ROOT))
    assert "openssl pkey" in caught.value.hint


def test_what_only_a_client_finds_is_found_before_anything_is_deployed(tmp_path: Path) -> None:
    not_an_authority = issue("blogs.firm.test", ROOT)
    leaf = issue("leaf", not_an_authority, hosts=HOSTS)
    with pytest.raises(PlanError, match=r"a browser would refuse blogs\.firm\.test: invalid CA certificate"):
        certificates.ensure(tmp_path, given(tmp_path, leaf, not_an_authority, authority=ROOT))
