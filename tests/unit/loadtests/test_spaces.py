"""Whatever a test makes goes away again, also when the test was killed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests import spaces
from runtime.errors import PlanError
from runtime.locks import lock
from tests.unit.loadtests.remembered import RememberedDeployment

SIZE = spaces.Size(readers=1, authors=1, editors=1, posts=1, pages=1)


def _files(deployment: RememberedDeployment) -> list[str]:
    return sorted(path.name for path in (deployment.folder / "tests").iterdir() if path.name != "lock")


def test_the_journal_is_on_disk_before_anything_is_made(deployment: RememberedDeployment) -> None:
    journal = spaces.begin(deployment)
    made = spaces.create(deployment, journal, SIZE)
    assert made.token == journal.token
    assert deployment.journals_at_creation == [f"{journal.token}.journal.json"] * 2
    assert (deployment.folder / "tests" / f"{journal.token}.journal.json").stat().st_mode & 0o777 == 0o600


def test_the_platform_is_told_when_to_remove_it_by_itself(deployment: RememberedDeployment) -> None:
    journal = spaces.begin(deployment)
    spaces.create(deployment, journal, SIZE)
    assert all(question["expires"] == journal.expires for _, verb, question in deployment.asked if verb == "create")


def test_removing_leaves_nothing(deployment: RememberedDeployment) -> None:
    journal = spaces.begin(deployment)
    spaces.create(deployment, journal, SIZE)
    spaces.target_file(deployment, journal.token).write_text("{}")
    for path in (spaces.summary_file, spaces.stop_file, spaces.stage_file):
        path(deployment, journal.token).write_text("{}")
    assert spaces.remove(deployment, journal) == ()
    assert deployment.there == set()
    assert _files(deployment) == []


def test_a_killed_run_is_found_and_cleaned(deployment: RememberedDeployment) -> None:
    journal = spaces.begin(deployment)
    spaces.create(deployment, journal, SIZE)
    assert spaces.leftovers(deployment) == (journal,)
    assert journal.token in spaces.clean(deployment)[0]
    assert deployment.there == set()
    assert spaces.leftovers(deployment) == ()


def test_a_run_killed_before_anything_was_made_is_cleaned_too(deployment: RememberedDeployment) -> None:
    spaces.begin(deployment)
    assert len(spaces.clean(deployment)) == 1
    assert _files(deployment) == []


def test_a_journal_cut_off_by_a_full_disk_is_cleaned_by_its_name(deployment: RememberedDeployment) -> None:
    path = deployment.folder / "tests" / "abc123abc1.journal.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"token": "ab')
    spaces.clean(deployment)
    assert ("blogs", "remove", {"token": "abc123abc1"}) in deployment.asked
    assert not path.exists()


def test_a_living_run_is_not_taken_for_a_leftover(deployment: RememberedDeployment) -> None:
    with lock(spaces.guard(deployment)):
        spaces.begin(deployment)
        assert spaces.leftovers(deployment) == ()


def test_what_cannot_be_removed_now_is_removed_by_the_next_run(deployment: RememberedDeployment, down: Callable[[str], PlanError]) -> None:
    journal = spaces.begin(deployment)
    spaces.create(deployment, journal, SIZE)
    deployment.broken["wiki", "remove"] = down("wiki")
    problems = spaces.remove(deployment, journal)
    assert len(problems) == 1
    assert "still there" in problems[0]
    assert deployment.there == {("wiki", journal.token)}
    deployment.broken.clear()
    spaces.clean(deployment)
    assert deployment.there == set()


def test_an_answer_that_does_not_fit_is_said_without_its_passwords(deployment: RememberedDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "exec", lambda *_, **__: json.dumps({"users": [{"login": "a", "password": "s3cret"}]}))
    with pytest.raises(spaces.UnusableError) as caught:
        spaces.create(deployment, spaces.begin(deployment), SIZE)
    assert "site_url" in str(caught.value)
    assert "s3cret" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


def test_nothing_is_written_to_look_for_leftovers(deployment: RememberedDeployment, tmp_path: Path) -> None:
    assert spaces.leftovers(deployment) == ()
    assert list(tmp_path.iterdir()) == []
