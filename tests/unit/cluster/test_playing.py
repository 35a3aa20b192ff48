"""What Ansible says about hosts, as changes and as what a person can mend."""

import json

from infra.cluster.cluster import Cluster
from infra.cluster.make_ready import alike, by_host, parted
from infra.cluster.playing import GO_ON, HOSTS, Change, Events, HostsError, _why_not
from infra.inventory.assign import Question, place
from runtime.printer import quiet
from tests.unit.inventory_examples import equal, inventory


def cluster() -> Cluster:
    found, plan = inventory(3), equal(3)
    return Cluster(plan, found, place(Question(found, plan)))


def line(event: str, host: str, **more: object) -> str:
    return json.dumps({"event": event, "host": host, "task": "Write", "item": "", "message": "", "what": [], "diff": "", **more})


def test_a_change_names_what_was_written() -> None:
    events = Events(quiet)
    events.line("no JSON")
    events.line(line("changed", "node-1", what=["/etc/a", "/etc/b"]))
    events.line(line("changed", "node-2", item="anna"))
    assert [str(change) for change in events.changes] == ["node-1: Write (2)", "node-2: Write"]
    assert events.changes[0].lines == ("Write: /etc/a", "Write: /etc/b")


def test_every_host_that_failed_is_named_once_and_those_that_waited_for_it_are_not() -> None:
    events = Events(quiet)
    events.line(line("failed", "node-3", message="No space left on device"))
    events.line(line("failed", "node-2", message="Could not resolve deb.example"))
    events.line(line("failed", "node-1", task=GO_ON, message="not ready: node-2, node-3"))
    problem = _why_not(cluster(), HOSTS, events.failures, "")
    assert isinstance(problem, HostsError)
    assert [one.where.split()[0] for one in problem.problems] == ["node-2", "node-3"]
    assert "free some space" in problem.problems[1].hint
    assert "mirror" in problem.problems[0].hint
    assert problem.exit_code == 1


def test_a_failure_of_ansible_itself_is_a_bug() -> None:
    assert _why_not(cluster(), HOSTS, {}, "ERROR! no such role").exit_code == 2


def test_what_all_hosts_have_in_common_is_said_once() -> None:
    changes = [Change(host, "Write", ("/etc/a",)) for host in ("node-1", "node-2", "node-3")] + [Change("node-1", "Make a swarm")]
    lines = by_host(cluster(), changes)
    assert parted(lines, 3) == (["Write: /etc/a"], {"node-1": ["Make a swarm"]})
    assert alike({"node-1": ["x"], "node-2": ["y"], "node-3": ["x"]}) == {"node-1, node-3": ["x"], "node-2": ["y"]}
    assert parted({"node-1": ["x"]}, 3) == ([], {"node-1": ["x"]})
