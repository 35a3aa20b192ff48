"""What is known of a certificate that an ACME server issues, without asking one."""

import importlib.util
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra import acme, certificates, credentials, hosts, redaction, templates
from infra.deployment import Deployment
from runtime.errors import PlanError
from runtime.run import Completed
from sizing.plan import Acme, FormerHosts
from tests.unit.sample_plan import SAMPLE

NOW = datetime.now(UTC)
ASKED = Acme(directory="https://ca.firm.test/dir", contact="admin@firm.test", terms_agreed=True)
FAILED = json.dumps({"failed_at": "2026-11-29T10:11:12+00:00", "problem": "the authority refuses: busy"}).encode()


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    tls = SAMPLE.platform.tls.model_copy(update={"acme": ASKED})
    return Deployment(SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"tls": tls})}), tmp_path)


@pytest.fixture(scope="module")
def program() -> ModuleType:
    path = hosts.PLAYBOOKS / "roles" / "front_door" / "files" / acme.PROGRAM
    spec = importlib.util.spec_from_file_location("underdesk_certificate", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def certificate(left_days: float, life_days: float = 90) -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    ends = NOW + timedelta(days=left_days)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(ends - timedelta(days=life_days)).not_valid_after(ends)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def stands(deployment: Deployment, left_days: float, result: bytes = b"") -> acme.Standing:
    served = acme.heading(deployment.plan.platform).encode() + certificate(left_days)
    return acme.stands(deployment.plan.platform, served, result, NOW)


def test_the_thumbprint_is_that_of_the_library_s_own_key(deployment: Deployment) -> None:
    """The example of RFC 7638, 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
        "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert acme.hashed(modulus, "AQAB") == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert len(acme.thumbprint(deployment)) == 43
    assert acme.thumbprint(deployment) == acme.thumbprint(deployment)


def test_nobody_is_asked_where_the_plan_does_not_say_so(tmp_path: Path) -> None:
    plain = Deployment(SAMPLE, tmp_path)
    assert (acme.told(plain), acme.thumbprint(plain), acme.standing(plain), acme.wrong(plain), acme.proposed(plain)) == ({}, "", None, [], ())
    assert not (tmp_path / "secrets").exists()
    assert "acme-challenge" not in templates.render("frontdoor/haproxy.cfg", SAMPLE)


def test_the_account_s_key_is_a_secret_of_the_deployment(deployment: Deployment) -> None:
    told = acme.told(deployment)
    key = Path(told["account"])
    assert key == deployment.folder / "secrets" / credentials.ACME
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in json.dumps(told)
    line = key.read_text().splitlines()[3]
    assert line not in redaction.redacted(f"it said {line}", redaction.secrets(deployment.folder))


def test_every_front_door_answers_any_challenge_by_itself(deployment: Deployment) -> None:
    site = hosts.variables(deployment)["site"]
    assert site["acme"] == acme.thumbprint(deployment)
    answered = templates.render("frontdoor/haproxy.cfg", deployment.plan, templates.Site(acme="THUMB"))
    assert 'lf-string "%[path,field(-1,/)].THUMB"' in answered
    refused, challenge = answered.index("deny deny_status 421"), answered.index("acme-challenge")
    assert refused < challenge < answered.index("redirect code 308")


def test_our_clients_trust_our_own_authority_and_whom_the_brief_names(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(certificate(9))
    named = ASKED.model_copy(update={"authority": str(tmp_path / "root.pem")})
    platform = deployment.plan.platform.model_copy(update={"tls": SAMPLE.platform.tls.model_copy(update={"acme": named})})
    certificates.ensure(tmp_path, platform)
    trusted = x509.load_pem_x509_certificates((tmp_path / "tls" / "trusted.pem").read_bytes())
    assert len(trusted) == 2
    assert deployment.ca_file.name == "trusted.pem"
    gone = platform.model_copy(update={"tls": SAMPLE.platform.tls.model_copy(update={"acme": named.model_copy(update={"authority": "/nowhere.pem"})})})
    with pytest.raises(PlanError, match="nowhere"):
        certificates.ensure(tmp_path, gone)


@pytest.mark.parametrize(
    ("left_days", "result", "said"),
    [
        (60, b"", ""),
        (25, FAILED, ""),  # a week to try again is no reason to wake anybody
        (20, FAILED, "OVERDUE"),
        (20, b"", "nobody has asked since"),
        (-1, FAILED, "ENDED"),
        (-1, FAILED, "the authority refuses: busy"),
        (60, b"not JSON", ""),
    ],
)
def test_an_overdue_renewal_is_said_with_its_reason(deployment: Deployment, left_days: float, result: bytes, said: str) -> None:
    late = stands(deployment, left_days, result).late
    assert said in late if said else not late


def test_a_failure_is_told_also_while_there_is_time(deployment: Deployment) -> None:
    assert "the last renewal failed on 2026-11-29T10:11: the authority refuses: busy" in stands(deployment, 25, FAILED).said


def test_our_own_authority_s_certificate_is_no_certificate_for_browsers(deployment: Deployment) -> None:
    for served in (certificate(60), b"# by ACME, for other.firm.test\n" + certificate(60)):
        assert "was not asked yet" in acme.stands(deployment.plan.platform, served, b"", NOW).late
        assert "busy" in acme.stands(deployment.plan.platform, served, FAILED, NOW).late


def test_what_is_in_force_is_left_alone_by_a_deploy_and_nothing_else_is(deployment: Deployment, program: ModuleType) -> None:
    names, over = list(deployment.plan.platform.names), acme.told(deployment)["over"]
    assert program.heading(names).decode() == acme.heading(deployment.plan.platform)
    assert not re.search(over, program.heading(names).decode() + "-----BEGIN")
    assert re.search(over, "-----BEGIN")
    assert not re.search(over, program.heading([*names, "former.firm.test"]).decode() + "-----BEGIN"), "today's are covered"
    assert re.search(over, program.heading([*names[:-1], "more.firm.test"]).decode() + "-----BEGIN")
    assert re.search(over, program.heading([*names[:-1], f"{names[-1]}.test"]).decode() + "-----BEGIN")


def test_a_former_name_that_is_not_covered_is_told_and_today_s_stay_as_they_are(deployment: Deployment, program: ModuleType) -> None:
    platform = deployment.plan.platform.model_copy(update={"former_hosts": FormerHosts(wiki=("before.firm.test",))})
    served = program.heading(list(deployment.plan.platform.names)) + certificate(60)
    found = acme.stands(platform, served, FAILED, NOW)
    assert "warned at before.firm.test, which the certificate does not cover" in found.late
    assert "busy" in found.late
    assert found.ends
    assert not acme.stands(platform, program.heading(list(platform.names)) + certificate(60), b"", NOW).late


@pytest.mark.parametrize(("left_days", "life_days", "due"), [(31, 90, False), (29, 90, True), (0.4, 1, False), (0.3, 1, True), (-1, 90, True)])
def test_it_is_renewed_when_a_third_of_its_life_is_left(program: ModuleType, left_days: float, life_days: float, *, due: bool) -> None:
    assert program._due(x509.load_pem_x509_certificate(certificate(left_days, life_days))) is due


def test_who_fails_is_asked_less_and_less_and_a_short_life_is_not_slept_away(program: ModuleType) -> None:
    hours = [program._pause(failures, None) / 3600 for failures in (1, 2, 3, 4, 5, 500)]
    assert hours == [1, 2, 4, 8, 12, 12]
    assert program._pause(500, x509.load_pem_x509_certificate(certificate(0.2, 1))) == 3600


def test_what_the_program_says_reaches_the_person() -> None:
    assert acme.outcome(Completed(0, "{}", "")) == ""
    assert "busy" in acme.outcome(Completed(1, FAILED.decode(), ""))
    assert "no such file" in acme.outcome(Completed(2, "", "python3: no such file"))
