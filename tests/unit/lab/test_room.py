"""Room on this machine is asked for before anything is made, with numbers."""

import pytest

from infra.lab import room
from infra.lab.model import Asked, Host
from infra.lab.room import Machine
from runtime.errors import PlanError

MACHINE = Machine(cores=4, memory_gib=10, disk_gib=30)


def hosts(count: int, **size: float) -> list[Host]:
    return [Host.model_validate({"number": number, **size}) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("asked", "where", "said"),
    [
        (Asked(hosts=0), "--hosts", "0 hosts"),
        (Asked(hosts=-3), "--hosts", "-3 hosts"),
        (Asked(hosts=1000), "--hosts", "1000 hosts"),
        (Asked(cpus=0), "--cpus", "0 processors"),
        (Asked(cpus=5), "--cpus", "this machine has 4"),
        (Asked(cpus=float("nan")), "--cpus", "nan processors"),
        (Asked(memory_gib=0.1), "--memory", "0.1 GiB"),
        (Asked(memory_gib=float("inf")), "--memory", "inf GiB"),
        (Asked(memory_gib=float("nan")), "--memory", "nan GiB"),
        (Asked(debian=11), "--debian", "Debian 11"),
    ],
)
def test_a_size_that_is_none_is_refused(asked: Asked, where: str, said: str) -> None:
    with pytest.raises(PlanError, match=said) as refused:
        room.sensible(asked, MACHINE)
    assert refused.value.where == where
    assert refused.value.hint
    assert refused.value.exit_code == 1


@pytest.mark.parametrize("asked", [Asked(), Asked(hosts=1), Asked(hosts=80), Asked(cpus=4), Asked(cpus=0.5, memory_gib=0.5), Asked(debian=12)])
def test_a_size_that_is_one_passes(asked: Asked) -> None:
    room.sensible(asked, MACHINE)


def test_more_memory_than_there_is_is_said_with_what_would_fit() -> None:
    with pytest.raises(PlanError, match=r"7 hosts need 28\.0 GiB of memory, 10\.0 are available") as refused:
        room.enough(hosts(7, memory_gib=4), MACHINE, image=False)
    assert refused.value.hint == "--memory 1.4 would fit, or fewer hosts"
    room.enough(hosts(7, memory_gib=1.4), MACHINE, image=False)


def test_more_hosts_than_memory_carries_is_said_with_how_many_would_fit() -> None:
    with pytest.raises(PlanError, match="GiB of memory") as refused:
        room.enough(hosts(80), MACHINE, image=False)
    fits = int(refused.value.hint.rsplit(maxsplit=1)[-1])
    room.enough(hosts(fits), Machine(4, 10, 1000), image=False)
    with pytest.raises(PlanError):
        room.enough(hosts(fits + 1), Machine(4, 10, 1000), image=False)


def test_too_small_a_disk_is_said_with_its_folder() -> None:
    small = Machine(4, 10, 3.4, "/srv/engine")
    room.enough(hosts(2), small, image=False)
    with pytest.raises(PlanError, match=r"2 hosts need 5\.0 GiB of disk, 3\.4 are free") as refused:
        room.enough(hosts(2), small, image=True)
    assert refused.value.where == "/srv/engine"


def test_nothing_to_make_needs_no_room() -> None:
    room.enough([], Machine(1, 0, 0), image=False)


def test_that_timings_never_calibrate_is_always_said() -> None:
    assert "the hosts' 12 cores are 4 in truth: what is timed in a lab never calibrates anything" in room.notes(hosts(3), MACHINE)
    assert "never calibrates anything" in room.notes(hosts(2, cpus=1), MACHINE)[0]
    assert len(room.notes(hosts(3), MACHINE)) == 1
    assert "4 GiB on each host: 80 in all, 30 are free" in room.notes(hosts(20), MACHINE)[1]
