"""The Ansible module that keeps files on several hosts, against a GlusterFS that answers as it was told to."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cluster.of_ansible import library

STORE = library("store")

DONE = "<cliOutput><opRet>0</opRet></cliOutput>"
INFO = """<cliOutput><opRet>0</opRet><volInfo><volumes><volume><id>one</id><statusStr>Started</statusStr>
<bricks><brick>x<name>10.0.0.1:/b</name><isArbiter>0</isArbiter></brick><brick>y<name>10.0.0.2:/b</name><isArbiter>1</isArbiter></brick></bricks>
<options><option><name>network.ping-timeout</name><value>3</value></option></options></volume></volumes></volInfo></cliOutput>"""
PEERS = """<cliOutput><opRet>0</opRet><peerStatus><peer><uuid>u</uuid><hostname>one</hostname><hostnames><hostname>10.0.0.2</hostname></hostnames>
<connected>1</connected><state>3</state></peer></peerStatus></cliOutput>"""
HEAL = "<cliOutput><opRet>0</opRet><healInfo><bricks>{}</bricks></healInfo></cliOutput>"
PART = (
    "<brick><numberOfEntriesInHealPending>{0}</numberOfEntriesInHealPending><numberOfEntriesInSplitBrain>{1}</numberOfEntriesInSplitBrain>"
    "<totalNumberOfEntries>{0}</totalNumberOfEntries></brick>"
)


def refused(why: str) -> str:
    return f"<cliOutput><opRet>-1</opRet><opErrstr>{why}</opErrstr></cliOutput>"


class Asked:
    """What Ansible hands to the module; ``says`` gives the answers to a command of gluster, one after the other, the last again and again."""

    def __init__(self, says: dict[str, list[str]], *, check: bool = False, **params: Any) -> None:  # noqa: ANN401 - parameters of the module
        self.params = {"volume": "v", "brick": None, "folder": None, "again": False, "restart": [], "steps": [], "patience": 0, **params}
        self.says, self.check_mode, self.told = says, check, list[str]()

    def get_bin_path(self, name: str) -> str:
        return f"/usr/sbin/{name}"

    def run_command(self, argv: list[str]) -> tuple[int, str, str]:
        if argv[0] in {"systemctl", "timeout"}:
            return 0, "", ""
        words = " ".join(argv[2:-1])
        self.told.append(words)
        answers = self.says.get(words, [DONE])
        return 0, answers.pop(0) if len(answers) > 1 else answers[0], ""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(condition: Callable[[], bool], _limit_s: float) -> bool:
        return any(condition() for _ in range(3))

    monkeypatch.setattr(STORE, "_met", tried)
    monkeypatch.setattr(STORE, "PAUSE_S", 0)
    monkeypatch.setattr(STORE, "_uuid", lambda: "own")


def step(argv: str, until: str = "", *, again: bool = False) -> dict[str, Any]:
    return {"says": f"did {argv}", "argv": argv.split(), "until": until, "again": again}


def test_a_host_tells_its_peers_its_volume_and_its_part(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    asked = Asked({"volume info v": [INFO], "peer status": [PEERS]}, brick=str(tmp_path))
    told = STORE.Store(asked).look()
    assert told["peers"] == {"u": {"addresses": ["10.0.0.2"], "connected": True, "state": 3}}
    assert told["volume"]["bricks"] == [{"address": "10.0.0.1", "arbiter": False}, {"address": "10.0.0.2", "arbiter": True}]
    assert told["volume"]["options"] == {"network.ping-timeout": "3"}
    assert told["brick"] == "foreign"


def test_without_a_volume_there_is_none_and_a_missing_part_is_missing(tmp_path: Path) -> None:
    told = STORE.Store(Asked({"volume info v": [refused("Volume does not exist")]}, brick=str(tmp_path / "b"))).look()
    assert (told["volume"], told["brick"], told["mounted"]) == (None, "none", False)


def test_marks_of_a_volume_without_files_are_not_taken_for_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getxattr", lambda _path, _name: b"")
    store = STORE.Store(Asked({}, brick=str(tmp_path)))
    for own in (".glusterfs", ".glusterfs-anonymous-inode-1"):
        (tmp_path / own).mkdir()
    assert store.look()["brick"] == "marked"
    (tmp_path / "uploads").mkdir()
    assert store.look()["brick"] == "full"


def test_a_folder_that_the_mount_would_hide_is_told(tmp_path: Path) -> None:
    asked = Asked({}, folder=str(tmp_path))
    assert not STORE.Store(asked).look()["covers"]
    (tmp_path / "uploads").mkdir()
    assert STORE.Store(asked).look()["covers"]


def test_another_transaction_is_waited_for_and_any_other_refusal_is_said() -> None:
    asked = Asked({"volume start v": [refused("Another transaction is in progress for v"), DONE]}, steps=[step("volume start v")])
    assert STORE.Store(asked).steps()["written"] == ["did volume start v"]
    assert asked.told == ["volume start v"] * 2
    with pytest.raises(STORE.StoreError, match="no such brick"):
        STORE.Store(Asked({"volume start v": [refused("no such brick")]}, steps=[step("volume start v")])).steps()


def test_a_step_that_an_interrupted_run_has_done_does_not_stop_the_next() -> None:
    asked = Asked({"volume reset-brick v b start": [refused("already reset")]}, steps=[step("volume reset-brick v b start", again=True), step("next")])
    assert len(STORE.Store(asked).steps()["written"]) == 2
    assert asked.told[-1] == "next"


def test_after_a_host_got_its_files_the_next_step_waits_until_nothing_is_left_to_copy() -> None:
    heal = "volume heal v info summary"
    gone = HEAL.format(PART.format("-", "-") + PART.format(0, 0))
    asked = Asked({heal: [gone, HEAL.format(PART.format(7, 0)), HEAL.format(PART.format(0, 0))]}, steps=[step("one", "healed"), step("two")])
    STORE.Store(asked).steps()
    assert asked.told == ["one", heal, heal, heal, "two"]
    torn = Asked({heal: [HEAL.format(PART.format(0, 1))]}, steps=[step("one", "healed"), step("two")])
    with pytest.raises(STORE.StoreError, match="run the same command again"):
        STORE.Store(torn).steps()
    assert "two" not in torn.told


def test_in_check_mode_nothing_is_told_to_it() -> None:
    asked = Asked({}, check=True, steps=[step("volume start v")])
    assert STORE.Store(asked).steps()["written"] == ["did volume start v"]
    assert asked.told == []


def test_a_part_that_holds_files_is_restarted_only_when_the_others_have_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heal = "volume heal v info summary"
    behind = Asked({"volume info v": [INFO], heal: [HEAL.format(PART.format(7, 0))]}, brick=str(tmp_path), restart=["glusterd.service"])
    assert STORE.Store(behind).serve()["written"] == ["glusterd.service is restarted"]  # there is nothing in it
    monkeypatch.setattr(os, "getxattr", lambda _path, _name: b"")
    with pytest.raises(STORE.StoreError, match="still being copied"):
        STORE.Store(behind).serve()
