"""Whether who serves pages on a host can: the very command, with an engine whose containers are servers here, each called by its port."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
import testinfra

from infra.cluster.cluster import Cluster
from infra.cluster.verify import services
from infra.inventory.assign import Question, place
from tests.unit.answering import answering
from tests.unit.inventory_examples import by_role, equal, inventory

DOCKER = """#!/bin/bash
if [ "$1" = ps ]; then
    [[ "$*" != *"'sample-blogs'" && "$*" != *sample-blogs ]] || echo {containers}
else
    exec bash -c "${{5/8080/$2}}"
fi
"""


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("answers", "amiss"),
    [((200, 200), []), ((200, 503), ["blogs"]), ((503, 200), ["blogs"]), ((), [])],
)
def test_a_container_that_is_there_and_has_no_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: tuple[int, ...], amiss: list[str]
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    program(tmp_path, "sleep", "#!/bin/sh\n")
    found, plan = inventory(3), equal(3)
    with ExitStack() as stack:
        containers = [str(stack.enter_context(answering([status]))) for status in answers]
        program(tmp_path, "docker", DOCKER.format(containers=" ".join(containers)))
        said = list(services.checks(Cluster(plan, found, place(Question(found, plan))), "node-1", testinfra.get_host("local://")))
    assert [line.partition(":")[0] for line in said] == amiss


def test_who_serves_no_pages_is_not_asked() -> None:
    found, plan = inventory(12), by_role()
    cluster = Cluster(plan, found, place(Question(found, plan)))
    idle = next(name for name, roles in cluster.placement.roles.items() if "web" not in roles)
    assert list(services.checks(cluster, idle, testinfra.get_host("local://"))) == []
