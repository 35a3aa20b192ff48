"""``plan observe`` as its user meets it: the answer, the file, what plan size makes of it, rubbish, and nothing of anybody in it."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import main
from sizing.calibration import NUMBERS, parse
from sizing.demands import CLASSES
from sizing.question import Question
from sizing.reading import parse as parse_brief
from sizing.workload import per_visit
from tests.model.real_use import World
from tests.unit.observing.door import FIELDS, line, lines
from tests.unit.sizing.briefs import PILOT, ROOT

CANARIES = ("10.99.98.97", "canary.ada", "CanaryPage", "canary-host.test", "CANARYSEARCH", "canary-agent", "ca11ab1eca11ab1e")
PERSONAL = {
    "client": "10.99.98.97",
    "host": "canary-host.test",
    "path": "/author/canary.ada/CanaryPage/",
    "server": "canary-agent",
    "visitor": "CA11AB1ECA11AB1E",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def told() -> list[str]:
    return list(lines(World(1, people=25, days=12).requests()))


def logged(folder: Path, told: list[str], name: str = "door.log") -> str:
    (folder / name).write_text("\n".join(told) + "\n", encoding="utf-8")
    return name


def test_the_answer_comes_first_with_intervals_and_the_next_command_last(folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["observe", logged(folder, told)]) == 0
    found = capsys.readouterr()
    assert re.match(r"[\d,]+ visits by 25 people on 10 days \(2026-09-07 to 2026-09-18\)\. One who takes part comes [\d.]+ times on a working day", found.out)
    assert "sessions_per_person_day" in found.out
    assert re.search(r"bass_p +not enough: \d+ whole weeks", found.out)
    assert "written: calibration.json; next: plan size brief.yaml" in found.err
    assert "no brief was named" in found.err


def test_json_is_what_is_written_and_it_reads_back(folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["observe", logged(folder, told), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == {"version": 3}
    assert found == json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    held = parse((folder / "calibration.json").read_text(encoding="utf-8")).observations
    assert held is not None
    assert held.source.lines == len(told)
    assert set(held.mix) == set(CLASSES)


def test_the_same_logs_give_the_same_file_however_they_are_cut_and_named(folder: Path, told: list[str]) -> None:
    assert main.run(["observe", logged(folder, told), "--output", "one.json"]) == 0
    third = len(told) // 3
    names = [logged(folder, told[part * third : (part + 1) * third if part < 2 else None], f"cut.{part}") for part in (2, 0, 1)]
    assert main.run(["observe", *names, "--output", "two.json"]) == 0
    one, two = (json.loads((folder / name).read_text(encoding="utf-8"))["observations"] for name in ("one.json", "two.json"))
    assert one.pop("source") | {"files": 3} == two.pop("source")
    assert one == two


def test_a_stream_is_read_as_a_file_is(folder: Path, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / logged(folder, told)).open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert main.run(["observe", "-"]) == 0
    assert (folder / "calibration.json").exists()


def test_a_plan_uses_what_lies_beside_the_brief_and_says_so(folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "brief.yaml").write_text(PILOT, encoding="utf-8")
    assert main.run(["size", "--draws", "100", "--output", "before.json"]) == 0
    assert main.run(["observe", logged(folder, told)]) == 0
    capsys.readouterr()
    assert main.run(["size", "--draws", "100", "--explain"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"Observed: \d+ numbers are those of real use \(2026-09-07 to 2026-09-18, [\d,]+ visits\)", said)
    assert re.search(r"visits of one of them on a working day: [\d.]+  \[sessions_per_person_day, observed: 2026-09-07", said)
    assert "observed over all hours" in said
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert "zipf_exponent" in plan["inputs"]["observed"]["replaced"]
    by_name = {one["name"]: one for one in plan["assumptions"]}
    assert by_name["sessions_per_person_day"]["source"].startswith("observed: ")
    before = json.loads((folder / "before.json").read_text(encoding="utf-8"))
    assert before["inputs"]["observed"] is None
    width = [one["interval"]["high"] / one["interval"]["low"] for one in (before, plan)]
    assert width[1] < width[0]


def test_a_calibration_that_is_named_is_used_instead(folder: Path, told: list[str]) -> None:
    (folder / "brief.yaml").write_text(PILOT, encoding="utf-8")
    assert main.run(["observe", logged(folder, told), "--output", "elsewhere.json"]) == 0
    assert main.run(["size", "--draws", "100"]) == 0
    assert json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]["observed"] is None
    assert main.run(["size", "--draws", "100", "--calibration", "elsewhere.json"]) == 0
    assert json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]["observed"]["path"].endswith("elsewhere.json")


def test_a_visit_in_the_plan_asks_for_what_a_visit_in_the_log_did(folder: Path, told: list[str]) -> None:
    assert main.run(["observe", logged(folder, told)]) == 0
    held = parse((folder / "calibration.json").read_text(encoding="utf-8"))
    assert held.observations is not None
    values = Question(parse_brief(PILOT), "/brief.yaml", calibration=held).numbers.medians()
    for kind, requests in zip(CLASSES, per_visit(values, wiki=True, internal=True)[0], strict=True):
        seen = held.observations.per_session[kind]
        assert requests == pytest.approx(seen.value, rel=1e-3) if seen.value else requests < seen.high


def test_what_the_brief_states_gives_way_and_that_is_said(folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "brief.yaml").write_text(PILOT + "behaviour:\n  sessions_per_person_day: 9.0\n", encoding="utf-8")
    assert main.run(["observe", logged(folder, told)]) == 0
    assert main.run(["size", "--draws", "100", "--json"]) == 0
    found = capsys.readouterr()
    assert "behaviour.sessions_per_person_day of the brief (9) gives way to what was observed" in found.err
    assert main.run(["size", "--draws", "100", "--what-if", "sessions_per_person_day=9"]) == 0


def test_nothing_of_anybody_leaves_the_logs(folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    began = json.loads(told[0])["began_ms"] / 1000
    canaries = [line(began + 60 * number, 0, **PERSONAL) for number in range(200)]
    odd = ['GET /?s=CANARYSEARCH HTTP/1.1 "canary-agent" 10.99.98.97', json.dumps(FIELDS | PERSONAL | {"status": "canary.ada"})]
    mixed = sorted(told + canaries, key=lambda one: json.loads(one)["began_ms"]) + odd
    (folder / "brief.yaml").write_text(PILOT, encoding="utf-8")
    for more in ([], ["--json"]):
        assert main.run(["observe", logged(folder, mixed), *more]) == 0
    assert main.run(["size", "--draws", "100", "--explain", "--report", "why.html"]) == 0
    found = capsys.readouterr()
    written = [path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name not in {"door.log", "brief.yaml"}]
    assert len(written) == 3
    pseudonyms = {json.loads(one)[key] for one in told[:2000] for key in ("visitor", "person")} - {""}
    for text in (found.out, found.err, *written):
        assert not any(canary.lower() in text.lower() for canary in (*CANARIES, *pseudonyms))


@pytest.mark.parametrize("last", [f"{{CANARY {CANARIES[0]}", line(4e9, 0, **PERSONAL), line(1.7884e9, 0, **PERSONAL)])
def test_an_error_repeats_nothing_of_the_line_and_leaves_no_file(last: str, folder: Path, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    only = last.startswith("{CANARY")
    assert main.run(["observe", logged(folder, [last] if only else [*told, last])]) == 1
    found = capsys.readouterr()
    assert found.err.count("\n") == 2
    assert not any(canary.lower() in found.err.lower() for canary in CANARIES)
    assert not (folder / "calibration.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.log"], 1, ("none.log: no such file", "plan logs frontdoor")),
        (["."], 1, ("is a folder", "files in it")),
        (["door.log", "--output", "door.log"], 1, ("--output: door.log is read itself", "another file")),
        (["door.log", "--output", "."], 1, ("is a folder", "file in it")),
        (["door.log", "--output", "/proc/no/c.json"], 1, ("cannot write", "folder")),
        (["door.log", "--brief", "none.yaml"], 1, ("none.yaml: no such file", "plan init")),
        (["door.log", "--timeout", "0"], 2, ("--timeout", "plan observe --help")),
        (["pictures.log"], 1, ("nobody opened a page", "no visit")),
        ([], 2, ("LOGS", "plan observe --help")),
        (["door.log", "--output", "old.json"], 1, ("old.json: schema.version", "remove it")),
    ],
)
def test_rubbish_is_refused_with_the_mend_and_nothing_is_written(
    arguments: list[str], code: int, said: tuple[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logged(folder, [line(1_795_800_000.0 + at) for at in range(9)])
    logged(folder, [line(1_795_800_000.0 + at, path="/a.png") for at in range(9)], "pictures.log")
    (folder / "old.json").write_text('{"schema": {"version": 7}}')
    assert main.run(["observe", *arguments]) == code
    error = capsys.readouterr().err
    assert all(words in error for words in said), error
    assert "Traceback" not in error
    assert not (folder / "calibration.json").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": {"version": 4}}, "schema.version"),
        ({"people": 5}, "people: is no key of a calibration"),
        ({"observations": {"numbers": {}}}, "observations.source: is missing"),
    ],
)
def test_a_calibration_that_was_tampered_with_is_refused_by_plan_size(
    change: dict[str, Any], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "brief.yaml").write_text(PILOT, encoding="utf-8")
    (folder / "calibration.json").write_text(json.dumps({"schema": {"version": 1}} | change), encoding="utf-8")
    assert main.run(["size", "--draws", "100"]) == 1
    error = capsys.readouterr().err
    assert f"calibration.json: {says}" in error
    assert "plan observe" in error
    assert not (folder / "plan.json").exists()


def test_a_file_that_is_written_again_keeps_its_place(folder: Path, told: list[str]) -> None:
    for _ in range(2):
        assert main.run(["observe", logged(folder, told)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["calibration.json", "door.log"]


def test_the_reference_names_every_number_and_every_option() -> None:
    reference = (ROOT / "docs/reference/calibration.md").read_text(encoding="utf-8")
    assert [name for name, what in NUMBERS.items() if f"| `{name}` | {what} |" not in reference] == []
    guide = (ROOT / "docs/how-to/observe.md").read_text(encoding="utf-8")
    assert [option for option in ("--brief", "--output", "--timeout", "--pages", "--json") if option not in guide] == []


START_S = 1_795_000_000.0
ODD = {
    "one request": [line(START_S)],
    "two, years apart": [line(START_S - 900 * 86_400), line(START_S)],
    "nothing but comments": [line(START_S + 4000 * at, method="POST", path="/wp-comments-post.php", status=302) for at in range(100)],
    "pages all alike": [line(START_S + at, cache="HIT", person="", visitor=f"{at % 50:016X}", path=f"/p{at % 40}/") for at in range(3000)],
    "nobody signs in": [line(START_S + 3600 * at, person="", visitor=f"{at % 7:016X}") for at in range(200)],
}


@pytest.mark.parametrize("told", ODD.values(), ids=ODD)
def test_use_that_is_odd_says_little_and_a_plan_can_still_be_made_of_it(told: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["observe", logged(folder, told)]) == 0
    assert "not enough to say how often people come" in capsys.readouterr().out
    held = parse((folder / "calibration.json").read_text(encoding="utf-8"))
    assert held.observations is not None
    assert {"sessions_per_person_day", "zipf_exponent", "bass_p"} <= set(held.observations.not_enough)
    values = Question(parse_brief(PILOT), "/brief.yaml", calibration=held).numbers.medians()
    assert (per_visit(values, wiki=True, internal=True) >= 0).all()
