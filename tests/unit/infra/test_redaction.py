"""A known secret is found in whatever form it stands, and a log tells less of people than it did."""

import base64
import html
import json
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.discretion import reduced
from infra.redaction import Secret, redacted, secrets

VALUE = 'S3cr&t/"pass" wörd+%\\end'
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def forms(value: str, before: bytes = b"", after: bytes = b"") -> dict[str, str]:
    raw = before + value.encode() + after
    return {
        "plain": value,
        "base64": base64.b64encode(raw).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode(),
        "URL": quote(value, safe=""),
        "URL with slashes": quote(value),
        "URL of a form": quote_plus(value),
        "URL in small letters": quote(value, safe="").replace("%C3%B6", "%c3%b6").replace("%2F", "%2f").replace("%2B", "%2b").replace("%5C", "%5c"),
        "JSON": json.dumps(value)[1:-1],
        "JSON in UTF-8": json.dumps(value, ensure_ascii=False)[1:-1],
        "JSON with escaped slashes": json.dumps(value)[1:-1].replace("/", "\\/"),
        "JSON in JSON": json.dumps(json.dumps({"k": value})),
        "HTML": html.escape(value),
        "hex": value.encode().hex(),
    }


@pytest.mark.parametrize("form", list(forms(VALUE)))
def test_a_secret_in_this_form_is_gone_and_its_surroundings_stay(form: str) -> None:
    said = redacted(f"before={forms(VALUE)[form]} after", [Secret("administrator", VALUE)])
    assert forms(VALUE)[form] not in said
    assert "[secret: administrator]" in said
    assert said.startswith("before")
    assert said.endswith(" after")


@settings(deadline=None)
@given(value=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=12, max_size=60), before=TEXT, after=TEXT)
def test_no_alignment_of_base64_hides_a_secret(value: str, before: str, after: str) -> None:
    encoded = base64.b64encode(before.encode() + value.encode() + after.encode()).decode()
    assert redacted(f"x {encoded} y", [Secret("s", value)]) == "x [secret: s] y"


def pem(kind: str, content: str) -> str:
    return f"-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n"


def test_every_file_of_the_secrets_counts_and_of_a_key_file_only_the_key(tmp_path: Path) -> None:
    for name, text in {
        "secrets/administrator": "hunter2hunter2\n",
        "secrets/below/backup": "first-line\nsecond-line\n",
        "passphrase": "open sesame",
        "frontdoor/pseudonyms.map": f"key {'aB3' * 20}\n",
        "tls/site.pem": f"{pem('CERTIFICATE', 'PUBLIC' * 3)}{pem('PRIVATE KEY', 'KEY' * 6)}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    values = {secret.value for secret in secrets(tmp_path)}
    assert {"hunter2hunter2", "first-line", "second-line", "open sesame", "KEYKEYKEYKEYKEYKEY", "aB3" * 20} <= values
    assert "PUBLICPUBLICPUBLIC" not in values


def test_a_key_of_a_bucket_is_gone_where_it_stands_without_its_variable(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "s3").write_text("AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY = 'wJalr/XU+tn=FE'\nAWS_DEFAULT_REGION=auto\n")
    said = redacted("AKIAEXAMPLE and wJalr/XU+tn=FE are refused automatically", secrets(tmp_path))
    assert said == "[secret: s3] and [secret: s3] are refused automatically"


@pytest.mark.parametrize(
    ("line", "gone", "kept"),
    [
        ('{"client": "203.0.113.77", "path": "/a?token=abc"}', ("203.0.113.77", "token=abc"), '"203.0.113.0/24", "path": "/a"'),
        ('{"client": "2001:db8:7:1:2:3:4:5"}', ("2001:db8:7:1",), '"2001:db8:7::/48"'),
        ('{"visitor": "72608AF2D70CD741", "person": "216B2BAB5EEFDB01", "asks": ""}', ("72608AF2D70CD741", "216B2BAB5EEFDB01"), '"asks": ""'),
        (r'"{\"person\": \"216B2BAB5EEFDB01\", \"x\": 1}"', ("216B2BAB5EEFDB01",), "x"),
        ("GET /author/jane/ 200", ("jane",), "/author/[hidden]/ 200"),
        ("/wiki/User:Jane_Doe edited", ("Jane",), "User:[hidden] edited"),
        ("from=<jane@firm.example>, relay=none", ("jane",), "@firm.example>, relay=none"),
        ("connecting with password=hunter2 as root", ("hunter2",), "as root"),
        ('{"password": "hunter2 three", "x": 1}', ("hunter2", "three"), '"x": 1'),
        (r'"{\"db_password\": \"hunter2\", \"x\": 1}"', ("hunter2",), "x"),
        ("Authorization: Basic amFuZTpodW50ZXIy", ("amFuZTpodW50ZXIy",), "Authorization: "),
        ("sent Bearer abcdef0123456789.xyz", ("abcdef0123456789",), "sent Bearer"),
        ("smtp://relay:hunter2@mail.firm.example:587/", ("hunter2",), "mail.firm.example"),
        ("Cookie: wordpress_logged_in=jane|1234|abcd; other=1", ("jane", "abcd"), "Cookie: "),
        ("10:39:46 listening on 127.0.0.1 and ::1", (), "10:39:46 listening on 127.0.0.1 and ::1"),
        ('{"status": 200, "seconds": 0.109, "cache": "MISS"}', (), '{"status": 200, "seconds": 0.109, "cache": "MISS"}'),
    ],
)
def test_a_line_of_a_log_tells_less_and_stays_of_use(line: str, gone: tuple[str, ...], kept: str) -> None:
    said = reduced(line)
    assert [part for part in gone if part in said] == []
    assert kept in said


@pytest.mark.parametrize("piece", ["x", "/", "a-", "1.", ":", "pass", "user:", "a@", "https://a:", "?", '="', "{"])
def test_no_line_is_so_odd_that_it_takes_long(piece: str) -> None:
    start = time.process_time()
    said = reduced(piece * (100_000 // len(piece)))
    assert time.process_time() - start < 1
    assert len(said) < 40_000
