"""The pilot of a desk moves into a cluster: rehearsed, taken back, moved, confirmed; with people's posts, passwords and pictures.

The desk is on this machine (``make pilot`` made its images), the cluster in a lab: other than on a desk of people, nothing here is theirs.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import read_plan
from sizing.plan import FormerHosts
from tests.lab.cluster import KEEP, PLAN, standing
from tests.lab.serving import ServingLab
from tests.lab.writing import Author, Site

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
ROOT = Path(__file__).resolve().parents[2]
HERE = "127.0.0.1"
BEFORE = "www.before.test"
"""The host name of the desk's external blogs; the cluster has another, and leads on from this one."""
LIMIT_S = 1800


@dataclass
class Desk:
    """A desk on this machine that has the ports of the cluster and, but for external blogs, its host names."""

    name: str
    home: Path

    @property
    def folder(self) -> Path:
        return self.home / self.name

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "UNDERDESK_HOME": str(self.home), "NO_COLOR": "1"}

    def plan(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([str(PLAN), *arguments], env=self.environment, cwd=self.home, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        assert done.returncode == code, done.stderr
        return done

    def site(self, lab: ServingLab) -> Site:
        """Return its blogs, as they are found on this machine."""
        trusted, password = ((self.folder / file).read_text() for file in ("tls/ca.pem", "secrets/administrator"))
        return Site(lab.site.base, HERE, trusted, password.strip())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    lab = ServingLab(f"m{SLOT}ove", 3, tmp_path_factory.mktemp("promote"))
    plan = read_plan(lab.plan_file)
    platform = plan.platform.model_copy(update={"former_hosts": FormerHosts(external=(BEFORE,))})
    lab.plan_file.write_text(plan.model_copy(update={"platform": platform}).model_dump_json())
    with standing(lab) as made:
        yield made


@pytest.fixture(scope="module")
def desk(cluster: ServingLab) -> Iterator[Desk]:
    made = Desk(f"m{SLOT}desk", Path(f"/var/tmp/underdesk-m{SLOT}desk"))  # noqa: S108 - the program makes what is private in it private
    made.home.mkdir(mode=0o711, exist_ok=True)
    (made.home / "brief.yaml").write_text(brief(made.name, cluster))
    made.plan("size", "brief.yaml")
    try:
        made.plan("deploy", "plan.json", "--yes")
        made.plan("seed", "--name", made.name, "--size", "s", "--yes")
        yield made
    finally:
        if not os.environ.get(KEEP):
            made.plan("destroy", "--name", made.name, "--delete-data", made.name, "--yes")
            shutil.rmtree(made.home, ignore_errors=True)


def brief(name: str, cluster: ServingLab) -> str:
    """Return the brief of a small pilot whose ports, and host names but one, are the cluster's."""
    platform = read_plan(cluster.plan_file).platform
    hosts, ports = platform.hosts, platform.ports
    changes = {
        r"^name: pilot\b.*": f"name: {name}",
        r"\bblogs\.pilot\.test": hosts.internal,
        r"\bwww\.pilot\.test": BEFORE,
        r": wiki\.pilot\.test": f": {hosts.wiki}",
        r"\bhttp: 80$": f"http: {ports.http}",
        r"\bhttps: 443$": f"https: {ports.https}",
        r"\bhosts_file: true": "hosts_file: false",
        r"\bpeople: \d+$": "people: 10",
    }
    said = (ROOT / "examples/pilot.yaml").read_text()
    for before, after in changes.items():
        said, count = re.subn(before, after, said, flags=re.MULTILINE)
        assert count, before
    return said


def promote(desk: Desk, cluster: ServingLab, *more: str, code: int = 0) -> tuple[dict[str, Any], str]:
    """Run ``plan promote`` and return its answer and what it narrated."""
    done = desk.plan("promote", "--from", desk.name, "--to", str(cluster.inventory), "--yes", "--json", *more, code=code)
    return json.loads(done.stdout or "{}"), done.stderr


def writes(site: Site, folder: Path, title: str) -> bool:
    """Tell whether the administrator can sign in with his password and publish."""
    try:
        author = Author(site, folder)
    except AssertionError:
        return False
    try:
        return not author.refused(title)
    finally:
        author.close()


def titles(site: Site, folder: Path, like: str) -> set[str]:
    reader = Author(site, folder)
    try:
        return reader.titles(like)
    finally:
        reader.close()


def of_desk(cluster: ServingLab, desk: Desk) -> Site:
    """Return the cluster's blogs, with the administrator's password of the desk."""
    return Site(cluster.site.base, cluster.site.address, cluster.site.trusted, desk.site(cluster).password)


def test_a_rehearsal_leaves_both_sides_as_they_were(cluster: ServingLab, desk: Desk, tmp_path: Path) -> None:
    assert writes(desk.site(cluster), tmp_path, "written on the desk")
    answer, said = promote(desk, cluster, "--rehearse")
    assert answer["done"] == "rehearsed", said
    assert answer["counts"]["accounts of the blogs"] > 1
    assert answer["links"]["answered"] > 0
    print(f"rehearsed: {answer['read_only_s']:.0f} s without writing, {answer['counts']}")  # noqa: T201 - the figure
    assert titles(cluster.site, tmp_path, "written on the desk") == set()
    assert writes(desk.site(cluster), tmp_path, "written after the rehearsal")
    assert cluster.deploy("--dry-run").proposed == {}


def test_killed_in_the_middle_it_is_completed_by_the_same_command_and_the_desk_takes_no_writes(cluster: ServingLab, desk: Desk, tmp_path: Path) -> None:
    argv = [str(PLAN), "promote", "--from", desk.name, "--to", str(cluster.inventory), "--yes"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env=desk.environment)
    assert process.stderr
    for line in process.stderr:
        if "closing the cluster" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stderr.close()
    answer, said = promote(desk, cluster)
    assert answer["done"] == "moved", said
    print(f"moved, killed once: {answer['read_only_s']:.0f} s without writing")  # noqa: T201 - the figure
    assert "lead on there by the desk's host names" in said
    domains = cluster.root(cluster.hosts[0], "mariadb -N -e 'SELECT DISTINCT domain FROM blogs.wp_blogs'")
    assert BEFORE not in domains
    assert {"written on the desk", "written after the rehearsal"} <= titles(of_desk(cluster, desk), tmp_path, "written")
    assert not writes(desk.site(cluster), tmp_path, "too late")
    counted = {cluster.root(host, "mariadb -N -e 'SELECT COUNT(*) FROM wiki.revision'") for host in cluster.hosts}
    assert counted == {str(answer["counts"]["wiki revisions"])}


def test_taken_back_people_write_on_the_desk_and_what_they_wrote_since_is_kept(cluster: ServingLab, desk: Desk, tmp_path: Path) -> None:
    assert writes(of_desk(cluster, desk), tmp_path, "written on the cluster")
    answer, said = promote(desk, cluster, "--take-back")
    assert answer["done"] == "taken back", said
    assert answer["written_since"]["posts, pages and their revisions"] >= 1
    assert (Path(answer["kept_in"]) / "tables.sql.gz").stat().st_size > 0
    assert writes(desk.site(cluster), tmp_path, "written after it came back")
    assert titles(cluster.site, tmp_path, "written") == set()


def test_moved_and_confirmed_it_stays_and_cannot_be_taken_back(cluster: ServingLab, desk: Desk, tmp_path: Path) -> None:
    answer, said = promote(desk, cluster)
    assert answer["done"] == "moved", said
    print(f"moved: {answer['read_only_s']:.0f} s without writing")  # noqa: T201 - the figure
    assert promote(desk, cluster, "--confirm")[0]["done"] == "confirmed"
    assert "written after it came back" in titles(of_desk(cluster, desk), tmp_path, "written")
    assert "confirmed" in promote(desk, cluster, "--take-back", code=1)[1]
    assert cluster.root(cluster.hosts[0], "mariadb -N -e \"SHOW DATABASES LIKE '%before'\"") == ""
    assert cluster.deploy("--dry-run").proposed == {}
