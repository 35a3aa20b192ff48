"""``plan size`` as its user meets it: what if, why, on paper, and rubbish."""

import json
from pathlib import Path

import pytest

from cli import main
from tests.unit.sizing.briefs import PILOT, ROOT

EXAMPLE = str(ROOT / "examples" / "pilot.yaml")
FEW = ["--draws", "100"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_ifs_stand_beside_the_brief_each_alone_and_all_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--what-if", "burst_factor=3", "--what-if", "infrastructure.desk.disk_gib=500"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert all(title in head for title in ("the brief", "burst_factor=3", "infrastructure.desk.disk_gib=500", "all of these"))
    assert {row.split("  ")[0] for row in rows} >= {"people", "servers", "carries", "holds"}
    assert not (folder / "plan.json").exists()


def test_what_ifs_as_json_hold_the_brief_and_each_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--json", "--what-if", "audience[0].people=2000"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["people"] == 400
    assert [(one["change"], one["plan"]["people"]) for one in found["what_if"]] == [("audience[0].people=2000", 2200)]
    assert not (folder / "plan.json").exists()


def test_json_holds_interval_growth_and_sensitivity(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"low", "high", "confidence"} <= set(found["interval"])
    assert found["interval"]["low"] < found["interval"]["high"]
    assert len(found["growth"]["months"]) == 37
    assert found["sensitivity"][0]["share"] > 0


def test_explain_walks_from_people_to_servers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--explain"]) == 0
    text = capsys.readouterr().out
    chapters = [
        "From people to visits",
        "From visits to requests",
        "What caches answer",
        "What reaches the processors",
        "Waiting and response",
        "From load to servers",
    ]
    assert [text.index(chapter) for chapter in chapters] == sorted(text.index(chapter) for chapter in chapters)


def test_explain_beside_json_leaves_the_json_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == 400


def test_the_report_is_one_page_that_is_written_beside_the_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["size", EXAMPLE, *FEW, "--report", "why.html"]) == 0
    assert "why.html" in capsys.readouterr().err
    assert (folder / "why.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (folder / "plan.json").exists()


def test_the_company_chooses_from_its_own_catalogue(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ours.yaml").write_text(
        "shapes:\n  - {name: big, cores: 64, memory_gib: 512, disk_gib: 20000, disk_iops: 90000, network_mbit: 25000,"
        " single: 2, multi: 120, price_per_month: 900, source: our offer}\n"
    )
    assert main.run(["size", EXAMPLE, *FEW, "--json", "--people", "100000", "--catalogue", "ours.yaml"]) == 0
    assert {server["shape"] for server in json.loads(capsys.readouterr().out)["servers"]} == {"big"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--what-if", "burst_facto=2"], 1, ("no 'burst_facto'", "did you mean 'burst_factor'?")),
        (["--what-if", "burst_factor=many"], 1, ("burst_factor: 'many' is no number from", "burst_factor=1.5")),
        (["--what-if", "burst_factor=-1"], 1, ("is no number from", "write")),
        (["--what-if", "burst_factor=nan"], 1, ("is no number from", "write")),
        (["--what-if", "burst_factor=inf"], 1, ("is no number from", "write")),
        (["--what-if", "ceiling=1.2"], 1, ("above 0 and below 1", "ceiling=0.7")),
        (["--what-if", "burst_factor"], 1, ("is no change", "key=value")),
        (["--what-if", "audience[9].people=5"], 1, ("no '9' in audience", "there are")),
        (["--what-if", "audience[0].people=-5"], 1, ("--what-if: audience[0].people", "from 1")),
        (["--what-if", "infrastructure.desk.cores=two"], 1, ("infrastructure.desk.cores: is no whole number", "without quotes")),
        (["--what-if", "infrastructure.desk=5"], 1, ("infrastructure.desk: is no mapping", "keys")),
        (["--what-if", "outlook_months=1e9"], 1, ("no whole number from 1 to 120", "outlook_months=36")),
        (["--what-if", "discovery.channels[1].start=2027-13-45"], 1, ("is no value", "quotes")),
        (["--output", EXAMPLE], 1, ("is the brief itself", "another file")),
        (["--report", "plan.json"], 1, ("both", "another file")),
        (["--report", "."], 1, ("is a folder", "file")),
        (["--output", "/dev/null"], 1, ("is no file", "file")),
        (["--what-if", "name.first=a"], 1, ("no 'first' in name", "holds one value")),
        (["--catalogue", "none.yaml"], 1, ("none.yaml: no such file", "catalogue.yaml")),
        (["--catalogue", "bad.yaml"], 1, ("bad.yaml: shapes[0].cores: is missing", "add it")),
        (["--report", "/proc/no/why.html"], 1, ("cannot write", "folder")),
        (["--draws", "7"], 2, ("--draws", "plan size --help")),
        (["--people", "1000000000000"], 1, ("--people", "from 1")),
    ],
)
def test_rubbish_is_refused_with_the_mend_and_nothing_is_written(
    arguments: list[str], code: int, said: tuple[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.yaml").write_text("shapes:\n  - {name: big, memory_gib: 5}\n")
    assert main.run(["size", EXAMPLE, *FEW, *arguments]) == code
    error = capsys.readouterr().err
    assert all(words in error for words in said), error
    assert "Traceback" not in error
    if arguments[0] != "--report":
        assert not (folder / "plan.json").exists()


@pytest.mark.parametrize(("before", "after"), [("page_p95_ms: 500", "page_p95_ms: 20"), ("availability_percent: 99", "availability_percent: 99.99999")])
def test_targets_that_nothing_reaches_end_with_3(before: str, after: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hard.yaml").write_text(PILOT.replace(before, after))
    assert main.run(["size", "hard.yaml", *FEW]) == 3
    assert "infeasible" in capsys.readouterr().err
    assert not (folder / "plan.json").exists()
