"""The other commands on a cluster that serves: how it is, also while hosts are lost; back, also from what never came up; away, and there again."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from sizing.plan import Plan
from tests.lab.cluster import Done, standing, wait_for
from tests.lab.serving import ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
HANGS_S, WELL_S = 120, 300
NO = 3
HAND_MADE = "/etc/systemd/journald.conf.d/underdesk.conf"


class Commanded(ServingLab):
    """A lab on which commands work from the inventory alone."""

    def status(self) -> Done:
        return self.ask("status", "--check", "--json")

    def wait_until_well(self) -> None:
        """Wait until nothing is wrong."""
        wait_for(lambda: self.status().code == 0, WELL_S, self.status().said)

    def plan(self, **limits: dict[str, Any]) -> None:
        """Change limits of services in the plan that is deployed next."""
        whole = Plan.model_validate_json(self.plan_file.read_text())
        changed = {name: getattr(whole.limits, name).model_copy(update=update) for name, update in limits.items()}
        self.plan_file.write_text(whole.model_copy(update={"limits": whole.limits.model_copy(update=changed)}).model_dump_json())

    def memory_mib(self, role: str) -> int:
        """Return what a service may take, as a manager says it."""
        said = self.manager("docker service inspect sample-" + role + " --format '{{.Spec.TaskTemplate.Resources.Limits.MemoryBytes}}'")
        return int(said) // 1024**2

    def manager(self, script: str) -> str:
        return self.root(self.hosts[0], script)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    with standing(Commanded(f"p{SLOT}lat", 3, tmp_path_factory.mktemp("commands"))) as made:
        made.wait_until_well()
        yield made


def test_a_cluster_that_is_well_is_as_deployed_and_says_who_does_what(cluster: Commanded) -> None:
    found = cluster.status()
    assert (found.code, found.answer["problems"], found.answer["drift"], found.answer["hosts_drift"]) == (0, [], [], []), found.said
    assert found.answer["services"]["blogs"]["hosts"] == cluster.hosts
    assert found.answer["database"]["writers"] == [cluster.writer()]
    assert found.answer["addresses"] == {address: [cluster.holder()] for address in found.answer["addresses"]}
    print(f"status of three hosts: {found.seconds:.0f} s")  # noqa: T201 - the figure


def test_what_somebody_changed_by_hand_is_named_and_deploy_mends_it(cluster: Commanded) -> None:
    cluster.manager("docker service update --quiet --detach --limit-memory 300M sample-mail >/dev/null")
    cluster.root(cluster.hosts[1], f"echo '# mine' >>{HAND_MADE}")
    found = cluster.status()
    assert found.code == NO
    assert any("mail" in one["resource"] for one in found.answer["drift"])
    assert any(HAND_MADE in one["what"] for one in found.answer["hosts_drift"] if one["host"] == cluster.hosts[1])
    assert cluster.deploy().code == 0
    cluster.wait_until_well()


def test_one_lost_host_and_then_two_are_named_with_what_is_lost_and_nothing_hangs(cluster: Commanded) -> None:
    first, second = cluster.hosts[:2]
    cluster.lab("kill", first)
    try:
        one = cluster.status()
        cluster.lab("kill", second)
        two = cluster.status()
    finally:
        cluster.lab("start", first, check=False)
        cluster.lab("start", second, check=False)
    assert (one.code, two.code) == (NO, NO)
    assert [name for name, host in one.answer["hosts"].items() if not host["answers"]] == [first]
    assert "database: 2 of 3 left: writes go on" in one.answer["lost"]
    assert one.answer["services"]["blogs"]["wanted"] == len(cluster.hosts)
    assert [name for name, host in two.answer["hosts"].items() if not host["answers"]] == [first, second]
    assert "database: 1 of 3 left: nothing is written until most of them are back" in two.answer["lost"]
    assert two.answer["services"]["blogs"]["hosts"] == cluster.hosts[2:]
    print(f"status with one lost: {one.seconds:.0f} s, with two: {two.seconds:.0f} s")  # noqa: T201 - the figure
    assert max(one.seconds, two.seconds) <= HANGS_S
    cluster.wait_until_well()


def test_back_to_the_version_before(cluster: Commanded) -> None:
    before = cluster.memory_mib("mail")
    cluster.plan(mail={"memory_mib": before + 10})
    assert cluster.deploy().code == 0
    assert cluster.memory_mib("mail") == before + 10
    gone = cluster.ask("rollback", "--yes", "--json")
    assert gone.code == 0, gone.said
    assert [line for line in gone.answer["changed_services"] if line.startswith("update service mail (taskSpec")]
    assert cluster.memory_mib("mail") == before
    cluster.wait_until_well()


def test_back_from_a_version_that_never_came_up(cluster: Commanded) -> None:
    before = cluster.memory_mib("wiki")
    cluster.plan(mail={"memory_mib": cluster.memory_mib("mail")}, wiki={"memory_mib": 6})
    failed = cluster.deploy()
    assert failed.code == 1
    assert "wiki" in failed.said
    found = cluster.status()
    assert found.code == NO
    assert found.answer["interrupted"]
    again = cluster.deploy()
    assert again.code == 1, "the same again is tried again, and does not count as deployed"
    gone = cluster.ask("rollback", "--yes", "--json")
    assert gone.code == 0, gone.said
    assert cluster.memory_mib("wiki") == before
    cluster.wait_until_well()
    cluster.plan(wiki={"memory_mib": before})
    done = cluster.deploy()
    assert (done.code, done.answer["services"]) == (0, []), done.said


@pytest.mark.parametrize("moment", ["service mail", "waiting for the first pages", "Verifying"])
def test_a_deploy_that_is_killed_is_completed_by_the_same_again(cluster: Commanded, moment: str) -> None:
    cluster.plan(mail={"memory_mib": cluster.memory_mib("mail") + 1})
    cluster.killed(moment)
    assert cluster.status().answer["interrupted"]
    done = cluster.deploy()
    assert done.code == 0, done.said
    cluster.wait_until_well()
    assert (cluster.deploy().answer["services"], cluster.status().answer["interrupted"]) == ([], False)


def test_away_and_there_again_with_the_same_passwords_and_all_that_was_written(cluster: Commanded) -> None:
    posts = "mariadb -N -e 'SELECT COUNT(*) FROM blogs.wp_posts'"
    before, password = cluster.root(cluster.writer(), posts), cluster.site.password
    gone = cluster.ask("destroy", "--yes")
    assert gone.code == 0, gone.said
    assert cluster.manager("docker service ls --quiet") == ""
    assert cluster.status().code == 1
    assert "was removed from this cluster; its data stays" in cluster.status().said
    done = cluster.deploy()
    assert done.code == 0, done.said
    assert cluster.site.password == password
    assert int(cluster.root(cluster.writer(), posts)) >= int(before)
    cluster.wait_until_well()
