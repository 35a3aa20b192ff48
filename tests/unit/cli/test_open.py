"""``plan open`` finds a space by what people call it, and says what there is where it finds none."""

from pathlib import Path

import pytest

from cli import main
from cli import open as command
from infra.deployment import Deployment
from sizing.plan import Space
from tests.unit.sample_plan import SAMPLE

SPACES = (
    Space(kind="blog", title="News", path="", visibility="internal"),
    Space(kind="blog", title="Field reports", path="field", visibility="internal"),
    Space(kind="blog", title="Press", path="news", visibility="external"),
    Space(kind="blog", title="Übersee", path="sea", visibility="internal"),
    Space(kind="blog", title="Sea", path="sea", visibility="external"),
    Space(kind="wiki", title="Knowledge", path="", visibility="internal"),
)
HOSTS = SAMPLE.platform.hosts


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    platform = SAMPLE.platform.model_copy(update={"spaces": SPACES, "ports": SAMPLE.platform.ports.model_copy(update={"https": 8443})})
    made = Deployment(SAMPLE.model_copy(update={"platform": platform}), tmp_path)
    monkeypatch.setattr(command, "load", lambda _name: made)
    return made


@pytest.mark.parametrize(
    ("said", "host", "path"),
    [
        ("internal", HOSTS.internal, ""),
        ("wiki", HOSTS.wiki, ""),
        ("field", HOSTS.internal, "field/"),
        ("/field/", HOSTS.internal, "field/"),
        ("field REPORTS", HOSTS.internal, "field/"),
        ("news", HOSTS.external, "news/"),
        ("übersee", HOSTS.internal, "sea/"),
        ("Knowledge", HOSTS.wiki, ""),
    ],
)
def test_a_host_or_a_space_has_one_address(said: str, host: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["open", said, "--print"]) == 0
    assert capsys.readouterr().out == f"https://{host}:8443/{path}\n"


@pytest.mark.parametrize(
    ("said", "message"), [("filed", "no space is called 'filed'"), ("/", "no space is called '/'"), ("sea", "several spaces are called 'sea'")]
)
def test_what_is_not_one_space_is_refused_with_what_there_is(said: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["open", said, "--print"]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert message in error
    assert hint.endswith("there is: internal, external, wiki, 'News', field ('Field reports'), news ('Press'), sea ('Übersee'), sea ('Sea'), 'Knowledge'")
