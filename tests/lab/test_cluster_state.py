"""The state of a cluster's services on a backend of the company's: a bucket by S3 (Versity's gateway), of which the managers keep only where it is."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import backend
from infra.cluster.carry import kept
from tests.lab.cluster import standing
from tests.lab.rolling import more
from tests.lab.serving import ServingLab
from tests.platform.keep.test_bucket import ACCESS, SECRET, program, serving

__all__ = ["program"]
SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
BUCKET = "state"
SOMEBODY = {"pid": 4711, "username": "anna", "hostname": "desk-of-anna", "timestamp": "2026-01-02T03:04:05Z"}


class CompanyLab(ServingLab):
    """A lab whose inventory may name a backend."""

    backend = ""

    @property
    def inventory(self) -> Path:
        plain = super().inventory
        if not self.backend:
            return plain
        named = plain.with_name("company.yaml")
        named.write_text(f"{plain.read_text()}\nstate:\n  backend: {self.backend}\n")
        return named

    @property
    def held(self) -> dict[str, str]:
        """What the managers keep of Pulumi, by name of the file."""
        with tempfile.TemporaryDirectory(prefix="state-") as folder:
            place = kept.fetch(self.cluster, Path(folder)).folder
            return {str(file.relative_to(place)): file.read_text() for file in (place / "pulumi").rglob("*") if file.is_file()}

    def runs(self, role: str) -> str:
        """The container of a role: another one where it was replaced."""
        return self.root(self.hosts[0], f"docker ps --quiet --filter label=com.docker.swarm.service.name={self.cluster.deployment}-{role}")


@pytest.fixture(scope="module")
def bucket(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a bucket that is reached by the environment's credentials."""
    folder = tmp_path_factory.mktemp("company")
    with serving(program, folder) as store, pytest.MonkeyPatch.context() as environment:
        (folder / "buckets" / BUCKET).mkdir()
        environment.setenv("AWS_ACCESS_KEY_ID", ACCESS)
        environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        environment.setenv("AWS_CA_BUNDLE", str(store.authority))
        environment.setenv("STATE_ENDPOINT", f"https://{store.address}")
        yield folder / "buckets" / BUCKET


@pytest.fixture(scope="module")
def company(bucket: Path) -> str:
    """What the inventory says of the bucket."""
    return f"s3://{bucket.name}/platform?endpoint={os.environ['STATE_ENDPOINT']}&use_path_style=true&region=us-east-1"


@pytest.fixture(scope="module")
def lab(company: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompanyLab]:
    made = CompanyLab(f"s{SLOT}tate", 1, tmp_path_factory.mktemp("state"))
    made.backend = company
    with standing(made):
        yield made


def stacks(bucket: Path) -> list[str]:
    return [file.name for file in bucket.rglob("*.json") if file.parent.name == "underdesk" and "stacks" in file.parts]


def test_a_first_deploy_keeps_the_state_there_and_the_managers_only_where_it_is(lab: CompanyLab, bucket: Path) -> None:
    assert stacks(bucket) == [f"{lab.cluster.deployment}.json"]
    held = lab.held
    assert held[backend.NOTE] == f"{lab.backend}\n"
    assert not any("stacks" in name or name == backend.UNDER_WAY for name in held), list(held)


def test_a_second_engineer_sees_nothing_to_change(lab: CompanyLab, tmp_path: Path) -> None:
    mine, lab.home = lab.home, tmp_path
    try:
        done = lab.deploy()
    finally:
        lab.home = mine
    assert (done.code, done.answer["proposed"], done.answer["services"], done.answer["drift"]) == (0, {}, [], []), done.said


def test_without_what_opens_it_nothing_is_changed_and_status_needs_none(lab: CompanyLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    done = lab.deploy()
    assert done.code == 1
    assert BUCKET in done.said
    assert "SignatureDoesNotMatch" in done.said
    assert "may you use it?" in done.said
    looked = lab.ask("status")
    assert looked.code == 0, looked.said


def test_who_works_on_it_with_pulumi_by_hand_is_not_disturbed(lab: CompanyLab, bucket: Path) -> None:
    locks = bucket / "platform" / ".pulumi" / "locks" / "organization" / "underdesk" / lab.cluster.deployment
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "a-lock.json").write_text(json.dumps(SOMEBODY))
    before = lab.runs("pagecache")
    more(lab, ["pagecache"])
    done = lab.deploy()
    assert done.code == 1
    assert "anna@desk-of-anna" in done.said
    assert (locks / "a-lock.json").exists()
    assert lab.runs("pagecache") == before
    (locks / "a-lock.json").unlink()
    again = lab.deploy()
    assert again.code == 0, again.said
    assert lab.runs("pagecache") != before


def test_a_deploy_that_is_killed_while_it_changes_services_is_completed_by_the_same_command(lab: CompanyLab, bucket: Path) -> None:
    more(lab, ["pagecache", "objectcache"])
    lab.killed("update service")
    left = [file for file in bucket.rglob("*.json") if "locks" in file.parts]
    assert left
    done = lab.deploy()
    assert done.code == 0, done.said
    again = lab.deploy()
    assert (again.code, again.answer["proposed"], again.answer["services"]) == (0, {}, []), again.said
    assert backend.UNDER_WAY not in lab.held


def test_without_the_line_it_comes_back_to_the_managers_and_no_service_notices(lab: CompanyLab, bucket: Path) -> None:
    before, lab.backend = lab.runs("blogs"), ""
    done = lab.deploy()
    assert done.code == 0, done.said
    assert any(line.startswith("move the state of the services from s3://") and line.endswith("to the managers") for line in done.answer["services"]), done.said
    assert lab.runs("blogs") == before
    assert stacks(bucket) == []
    assert backend.NOTE not in lab.held
    assert f"pulumi/.pulumi/stacks/underdesk/{lab.cluster.deployment}.json" in lab.held
    again = lab.deploy()
    assert (again.code, again.answer["proposed"], again.answer["services"]) == (0, {}, []), again.said


def test_with_the_line_again_it_goes_there_and_no_copy_of_it_stays_with_the_managers(lab: CompanyLab, bucket: Path, company: str) -> None:
    before, lab.backend = lab.runs("blogs"), company
    done = lab.deploy()
    assert done.code == 0, done.said
    assert lab.runs("blogs") == before
    assert stacks(bucket) == [f"{lab.cluster.deployment}.json"]
    assert not any("stacks" in name or name.endswith(("last-good.json", backend.MOVING, backend.UNDER_WAY)) for name in lab.held), list(lab.held)
    again = lab.deploy()
    assert (again.code, again.answer["proposed"], again.answer["services"]) == (0, {}, []), again.said


def test_a_state_that_is_somebody_else_s_or_gone_is_said_before_anything_is_changed(lab: CompanyLab, bucket: Path, company: str) -> None:
    stack = next(file for file in bucket.rglob("*.json") if "stacks" in file.parts)
    other = bucket / "other" / stack.relative_to(bucket / "platform")
    other.parent.mkdir(parents=True)
    other.write_bytes(stack.read_bytes())
    lab.backend = company.replace("/platform?", "/other?")
    done = lab.deploy()
    assert (done.code, "is not this deployment's" in done.said) == (1, True), done.said
    lab.backend = company
    held = stack.read_bytes()
    stack.unlink()
    done = lab.deploy()
    assert (done.code, "has not got the state" in done.said) == (1, True), done.said
    stack.write_bytes(held)
    again = lab.deploy()
    assert (again.code, again.answer["proposed"], again.answer["services"]) == (0, {}, []), again.said
