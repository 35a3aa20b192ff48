"""Up, grow, fail, mend, down; interrupted anywhere, and called again."""

from copy import deepcopy
from pathlib import Path

import pytest

from infra.lab import access, operate
from infra.lab.cuts import Cut
from infra.lab.model import Asked, Lab, load
from infra.lab.room import Machine
from infra.lab.standing import standing
from runtime.errors import PlanError
from runtime.printer import quiet
from tests.unit.lab.engine import Engine, left

MACHINE = Machine(cores=2, memory_gib=20, disk_gib=60)
THREE = Asked(hosts=3, cpus=1, memory_gib=2)


def brought_up(asked: Asked = THREE) -> Lab:
    lab = operate.planned(asked, MACHINE)
    operate.up(lab, quiet)
    return lab


def test_a_lab_has_hosts_with_names_addresses_sizes_and_keys_of_its_own(engine: Engine, labs: Path) -> None:
    lab = brought_up()
    assert list(engine.containers) == ["underdesk-lab-lab1", "underdesk-lab-lab2", "underdesk-lab-lab3"]
    argv = next(" ".join(argv) for argv in engine.asked if "--hostname" in argv and "lab2" in argv)
    assert f"--ip {lab.subnet[12]} --cap-add" in argv
    assert "--cpus 1 --memory 2g" in argv
    assert (labs / "lab/key").stat().st_mode & 0o777 == 0o600
    assert (labs / "lab").stat().st_mode & 0o777 == 0o700
    assert (labs / "lab/known_hosts").read_text().splitlines()[1] == "10.213.0.12,lab2 ssh-ed25519 KEY-underdesk-lab-lab2"
    assert (labs / "lab/handover/authorized_keys").read_text() == (labs / "lab/key.pub").read_text()
    assert (labs / "lab/handover/hosts").read_text().splitlines()[2] == "10.213.0.13 lab3"
    assert load("lab") == lab


@pytest.mark.parametrize(("speaks", "said"), [("1.41", False), ("1.43", False), ("1.44", True), ("1.52", True), ("2.0", True)])
def test_an_engine_that_would_make_hardware_addresses_up_is_told_them(engine: Engine, speaks: str, said: bool) -> None:  # noqa: FBT001 - a column
    engine.speaks = speaks
    brought_up()
    argv = next(" ".join(argv) for argv in engine.asked if "--hostname" in argv and "lab2" in argv)
    assert ("--ip 10.213.0.12 --mac-address 02:42:0a:d5:00:0c" in argv) == said


def test_a_second_up_makes_nothing_and_keeps_the_key(engine: Engine, labs: Path) -> None:
    brought_up()
    before, key = deepcopy(engine.state), (labs / "lab/key").read_text()
    brought_up(Asked())
    assert engine.state == before
    assert (labs / "lab/key").read_text() == key


def calls_of_an_up(engine: Engine) -> int:
    brought_up()
    return len(engine.asked)


def test_interrupted_anywhere_the_same_command_completes_the_lab_and_down_leaves_nothing(engine: Engine, labs: Path) -> None:
    calls = calls_of_an_up(engine)
    whole, files = deepcopy(engine.state), left(labs)
    assert calls > 10
    for at in range(1, calls + 1):
        operate.down("lab")
        assert (list(engine.containers), list(engine.networks), left(labs)) == ([], ["bridge"], [])
        engine.asked, engine.interrupted_at = [], at
        with pytest.raises(KeyboardInterrupt):
            brought_up()
        engine.interrupted_at = -1
        brought_up()
        assert engine.state == whole
        assert left(labs) == files
        assert access.is_ours((labs / "lab/cluster.yaml").read_text())


def test_an_interrupted_down_is_completed_by_the_same_command(engine: Engine, labs: Path) -> None:
    lab = brought_up()
    operate.cut(lab, ["lab1"], [], "")
    engine.asked = []
    operate.down("lab")
    calls = len(engine.asked)
    for at in range(1, calls + 1):
        operate.cut(brought_up(), ["lab1"], [], "")
        engine.asked, engine.interrupted_at = [], at
        with pytest.raises(KeyboardInterrupt):
            operate.down("lab")
        engine.interrupted_at = -1
        operate.down("lab")
        assert (engine.containers, list(engine.networks), engine.tables, left(labs)) == ({}, ["bridge"], {}, [])


def test_what_is_not_the_labs_own_stays(engine: Engine) -> None:
    brought_up(Asked(name="other", hosts=1))
    foreign = {"Name": "/theirs", "Config": {"Labels": {}}, "Image": "x", "State": {"Running": True}}
    engine.containers["theirs"] = foreign
    brought_up()
    operate.down("lab")
    assert sorted(engine.containers) == ["theirs", "underdesk-lab-other1"]
    assert sorted(engine.networks) == ["bridge", "underdesk-lab-other"]


def test_a_lab_grows_and_those_that_are_there_go_on(engine: Engine, labs: Path) -> None:
    brought_up()
    before = deepcopy(engine.containers)
    lab = brought_up(Asked(hosts=5, memory_gib=4))
    assert {name: engine.containers[name] for name in before} == before
    assert [(host.number, host.cpus, host.memory_gib) for host in lab.hosts] == [(1, 1, 2), (2, 1, 2), (3, 1, 2), (4, 1, 4), (5, 1, 4)]
    assert "lab5" in (labs / "lab/cluster.yaml").read_text()
    assert "lab5" in (labs / "lab/handover/hosts").read_text()


def test_a_lab_does_not_shrink_without_a_word_which_hosts_go(engine: Engine) -> None:
    brought_up()
    with pytest.raises(PlanError, match="has 3 hosts, 1 are asked for") as refused:
        operate.planned(Asked(hosts=1), MACHINE)
    assert refused.value.hint == "say which shall go: plan lab down lab2 lab3"
    assert len(engine.containers) == 3


def test_a_removed_host_leaves_a_gap_that_the_next_one_fills(engine: Engine, labs: Path) -> None:
    lab = brought_up()
    operate.cut(lab, ["lab2"], [], "")
    operate.remove(lab, ["lab2"])
    assert "underdesk-lab-lab2" not in engine.containers
    assert engine.tables == {}
    for name in ("cluster.yaml", "known_hosts", "ssh_config", "handover/hosts"):
        text = (labs / "lab" / name).read_text()
        assert "lab2" not in text
        assert "lab3" in text
    assert [host.number for host in brought_up(Asked(hosts=3)).hosts] == [1, 2, 3]
    assert "underdesk-lab-lab2" in engine.containers


def test_the_last_host_is_not_removed_by_name(engine: Engine) -> None:
    lab = brought_up(Asked(hosts=1))
    with pytest.raises(PlanError, match="no host would be left"):
        operate.remove(lab, ["lab1"])
    assert len(engine.containers) == 1


def test_an_inventory_that_was_changed_by_hand_stays_and_that_is_said(engine: Engine, labs: Path) -> None:
    brought_up()
    mine = (labs / "lab/cluster.yaml").read_text().replace("name: lab1,", "name: lab1, roles: [web],")
    (labs / "lab/cluster.yaml").write_text(mine)
    notes = operate.up(operate.planned(Asked(hosts=4), MACHINE), quiet)
    assert (labs / "lab/cluster.yaml").read_text() == mine
    assert ["was changed by hand" in note for note in notes] == [True]
    assert len(engine.containers) == 4


def test_a_killed_host_is_off_and_comes_back_with_its_cuts(engine: Engine) -> None:
    lab = brought_up()
    operate.cut(lab, ["lab2"], [], "in")
    assert operate.kill(lab, ["lab2", "lab1"]) == ["lab2", "lab1"]
    assert engine.asked[-1][-2:] == ["underdesk-lab-lab2", "underdesk-lab-lab1"]
    assert [host.power for host in standing(lab).hosts] == ["off", "off", "on"]
    assert operate.kill(lab, ["lab2"]) == []
    assert operate.start(lab, ["lab1", "lab2", "lab3"], quiet) == ["lab1", "lab2"]
    assert [(host.power, host.network) for host in standing(lab).hosts] == [("on", "whole"), ("on", "no way in"), ("on", "whole")]


def test_a_host_that_is_missing_is_told_and_made_by_up(engine: Engine) -> None:
    lab = brought_up()
    del engine.containers["underdesk-lab-lab2"]
    assert [host.power for host in standing(lab).hosts] == ["on", "missing", "on"]
    with pytest.raises(PlanError, match="lab2: was never made"):
        operate.start(lab, ["lab2"], quiet)
    brought_up(Asked())
    assert not list(standing(lab).wrong())


def test_cuts_add_up_and_healing_a_host_leaves_the_others_cut(engine: Engine) -> None:
    lab = brought_up()
    assert operate.cut(lab, ["lab1"], ["lab2"], "out") == {Cut("lab1", "lab2")}
    assert operate.cut(lab, ["lab3"], [], "") == {Cut("lab1", "lab2"), Cut("lab3", "*"), Cut("*", "lab3")}
    assert operate.heal(lab, ["lab2"]) == {Cut("lab3", "*"), Cut("*", "lab3")}
    assert operate.heal(lab, ["lab3"]) == frozenset()
    assert engine.tables == {}


def test_a_kernel_that_cannot_cut_is_said_and_keeps_nobody_from_removing_the_lab(engine: Engine) -> None:
    lab = brought_up()
    engine.refuses = "--entrypoint nft"
    with pytest.raises(PlanError, match="the rules of the lab's switch: refused") as refused:
        operate.cut(lab, ["lab1"], [], "")
    assert "nftables" in refused.value.hint
    operate.down("lab")
    assert engine.containers == {}


def test_everything_wrong_is_told_with_its_mend(engine: Engine) -> None:
    lab = brought_up()
    assert len(engine.containers) == 3
    operate.kill(lab, ["lab1"])
    operate.cut(lab, ["lab2"], ["lab3"], "")
    wrong = list(standing(lab).wrong())
    assert [(str(problem), problem.hint, problem.exit_code) for problem in wrong] == [
        ("lab1: is off", "plan lab start lab1", 3),
        ("lab: is cut: lab2 and lab3 do not reach each other", "plan lab heal", 3),
    ]


def test_hosts_whose_folder_is_gone_are_not_taken_for_a_lab(engine: Engine, labs: Path) -> None:
    brought_up()
    (labs / "lab/lab.json").unlink()
    for _ in ("hosts", "their network alone"):
        with pytest.raises(PlanError, match="its folder is not") as refused:
            operate.planned(Asked(), MACHINE)
        assert "plan lab down" in refused.value.hint
        engine.containers.clear()
    operate.down("lab")
    assert list(engine.networks) == ["bridge"]


def test_an_image_that_cannot_be_built_leaves_nothing(engine: Engine, labs: Path) -> None:
    engine.refuses = "docker build"
    lab = operate.planned(THREE, MACHINE)
    with pytest.raises(PlanError, match="cannot be built: refused") as refused:
        operate.up(lab, quiet)
    assert "network" in refused.value.hint
    assert (engine.containers, list(engine.networks), left(labs)) == ({}, ["bridge"], [])


def test_a_network_that_the_engine_refuses_is_said(engine: Engine) -> None:
    engine.refuses = "network create"
    with pytest.raises(PlanError, match=r"the engine refuses the network 10\.213\.0\.0/24: refused"):
        brought_up()


def test_a_network_that_others_are_in_stays_and_that_is_said(engine: Engine) -> None:
    brought_up()
    engine.refuses = "network rm"
    with pytest.raises(PlanError, match="the network cannot be removed") as refused:
        operate.down("lab")
    assert "same command again" in refused.value.hint


def test_a_host_that_does_not_boot_is_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operate, "BOOT_S", -1000)
    engine.refuses = "is-system-running"
    with pytest.raises(PlanError, match=r"lab1, lab2, lab3: does not boot within .* waits, lab1 for mariadb\.service; lab2") as refused:
        brought_up()
    assert "underdesk-lab-lab1" in refused.value.hint


def test_a_host_that_dies_while_it_boots_is_named_at_once(engine: Engine) -> None:
    lab = brought_up()
    engine.containers["underdesk-lab-lab2"]["State"]["Running"] = False
    with pytest.raises(PlanError, match=r"^lab2: went off again"):
        operate.wait(lab, ["lab1", "lab2"], quiet)


def test_a_lab_whose_hosts_are_there_needs_no_image(engine: Engine) -> None:
    brought_up()
    engine.images.clear()
    brought_up()
    assert engine.images == set()


def test_a_lab_has_one_network_for_life(engine: Engine) -> None:
    brought_up()
    assert engine.networks["underdesk-lab-lab"]["IPAM"]["Config"] == [{"Subnet": "10.213.0.0/24"}]
    with pytest.raises(PlanError, match=r"is in 10\.213\.0\.0/24"):
        operate.planned(Asked(subnet="10.99.0.0/24"), MACHINE)
    assert str(brought_up(Asked(name="other", hosts=1)).subnet) == "10.213.1.0/24"


def test_the_wanted_network_of_an_existing_lab_may_be_said_again(engine: Engine) -> None:
    asked = Asked(hosts=1, subnet="10.99.0.0/24")
    assert brought_up(asked) == brought_up(asked)
    assert len(engine.containers) == 1


def test_rules_of_hosts_that_somebody_else_removed_go_with_the_lab_and_do_not_hold_for_new_hosts(engine: Engine) -> None:
    operate.cut(brought_up(), ["lab1"], [], "")
    engine.containers.clear()
    operate.down("lab")
    assert engine.tables == {}
    operate.cut(brought_up(), ["lab1"], [], "")
    engine.containers.clear()
    brought_up()
    assert engine.tables == {}


def test_an_interrupted_start_is_completed_by_the_same_command_cuts_included(engine: Engine) -> None:
    lab = brought_up()
    operate.cut(lab, ["lab2"], [], "in")
    operate.kill(lab, ["lab2"])
    engine.asked = []
    operate.start(lab, ["lab2"], quiet)
    for at in range(1, len(engine.asked) + 1):
        operate.kill(lab, ["lab2"])
        engine.asked, engine.interrupted_at = [], at
        with pytest.raises(KeyboardInterrupt):
            operate.start(lab, ["lab2"], quiet)
        engine.asked, engine.interrupted_at = [], -1
        operate.start(lab, ["lab2"], quiet)
        assert any("--file" in argv for argv in engine.asked)
        assert [(host.power, host.network) for host in standing(lab).hosts][1] == ("on", "no way in")


def test_an_interrupted_removal_of_a_host_is_completed_by_the_same_command(engine: Engine, labs: Path) -> None:
    def cut_lab() -> Lab:
        operate.down("lab")
        lab = brought_up()
        operate.cut(lab, ["lab2"], [], "")
        engine.asked = []
        return lab

    operate.remove(cut_lab(), ["lab2"])
    for at in range(1, len(engine.asked) + 1):
        lab = cut_lab()
        engine.interrupted_at = at
        with pytest.raises(KeyboardInterrupt):
            operate.remove(lab, ["lab2"])
        engine.interrupted_at = -1
        operate.remove(load("lab"), ["lab2"])
        assert ("underdesk-lab-lab2" in engine.containers, engine.tables) == (False, {})
        assert [host.number for host in load("lab").hosts] == [1, 3]
        assert not [name for name in ("cluster.yaml", "known_hosts", "ssh_config", "handover/hosts") if "lab2" in (labs / "lab" / name).read_text()]


def test_the_record_of_another_lab_is_not_taken_for_this_one(engine: Engine, labs: Path) -> None:
    brought_up()
    assert engine.containers
    (labs / "lab").rename(labs / "other")
    with pytest.raises(PlanError, match="is the record of the lab lab"):
        load("other")
