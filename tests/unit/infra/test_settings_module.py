"""The Ansible module that writes a host's settings: what it changes, what it leaves, what it says in check mode."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cluster.of_ansible import program

MODULE = program("settings")


def settings(*, check: bool = False, diff: bool = False, fails: bool = False, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - the module's own arguments
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**wanted, "_ansible_check_mode": check, "_ansible_diff": diff}})
    done = subprocess.run(MODULE, input=arguments, capture_output=True, text=True, check=not fails)
    return dict(json.loads(done.stdout))


def test_a_file_is_written_once_with_its_folder_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "sysctl.d" / "ours.conf"
    wanted: dict[str, Any] = {"files": [{"path": str(path), "content": "a = 1\n", "mode": "0640"}]}
    assert settings(**wanted)["written"] == [str(path)]
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("a = 1\n", 0o640)
    assert settings(**wanted)["changed"] is False
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("spoilt", ["content", "mode"])
def test_what_somebody_changed_is_brought_back(spoilt: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.conf"
    wanted: dict[str, Any] = {"files": [{"path": str(path), "content": "a = 1\n"}]}
    settings(**wanted)
    if spoilt == "content":
        path.write_text("a = 0\n")
    else:
        path.chmod(0o666)
    assert settings(**wanted)["written"] == [str(path)]
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("a = 1\n", 0o644)


def test_a_file_that_is_made_once_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "key.map"
    assert settings(files=[{"path": str(path), "content": "key a\n", "once": True}])["changed"] is True
    assert settings(files=[{"path": str(path), "content": "key b\n", "once": True}])["changed"] is False
    assert path.read_text() == "key a\n"


def test_a_group_is_brought_back_and_of_a_secret_nothing_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "tls.pem"
    wanted: dict[str, Any] = {"files": [{"path": str(path), "content": "PRIVATE\n", "mode": "0640", "group": os.getgid(), "secret": True}]}
    assert "PRIVATE" not in json.dumps({**settings(diff=True, **wanted), "invocation": None})
    assert (path.stat().st_mode & 0o777, path.stat().st_gid) == (0o640, os.getgid())
    assert settings(**wanted)["changed"] is False


def test_what_its_program_does_not_understand_never_comes_to_its_place(tmp_path: Path) -> None:
    path = tmp_path / "haproxy.cfg"
    wanted: dict[str, Any] = {"path": str(path), "judge": ["grep", "-q", "good", "%s"]}
    assert settings(files=[{**wanted, "content": "good\n"}])["changed"] is True
    said = settings(fails=True, files=[{**wanted, "content": "bad\n"}])
    assert "haproxy.cfg was not put in place" in said["msg"]
    assert (path.read_text(), [*tmp_path.iterdir()]) == ("good\n", [path])


def test_check_mode_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    path, defaults, folder = tmp_path / "new.conf", tmp_path / "login.defs", tmp_path / "cron.d"
    defaults.write_text("UMASK 022\n")
    folder.mkdir(mode=0o755)
    wanted: dict[str, Any] = {
        "files": [{"path": str(path), "content": "x\n"}],
        "values": [{"path": str(defaults), "key": "ROUNDS", "value": "5"}],
        "modes": [{"path": str(folder), "mode": "0700"}],
    }
    said = settings(check=True, **wanted)
    assert said["written"] == [str(path), f"{defaults}: ROUNDS", f"{folder}: 0700"]
    assert not path.exists()
    assert defaults.read_text() == "UMASK 022\n"
    assert folder.stat().st_mode & 0o777 == 0o755
    assert settings(**wanted)["written"] == said["written"]


def test_a_file_for_a_program_that_is_not_here_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "sshd.conf"
    wanted: dict[str, Any] = {"files": [{"path": str(path), "content": "x\n", "beside": str(tmp_path / "sshd")}]}
    assert settings(**wanted)["changed"] is False
    (tmp_path / "sshd").touch()
    assert settings(**wanted)["written"] == [str(path)]


@pytest.mark.parametrize(("there", "after"), [("Debian GNU/Linux 13\n", "ours\n"), ("Keep out, says the guru\n", "Keep out, says the guru\n")])
def test_a_text_of_the_administrators_own_stays(there: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "issue"
    path.write_text(there)
    settings(files=[{"path": str(path), "content": "ours\n", "over": "^Debian GNU/Linux"}])
    assert path.read_text() == after


def test_a_value_replaces_its_own_line_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "login.defs"
    path.write_text("# ROUNDS 1\nROUNDS\t1\nROUNDS_MAX 2\n")
    wanted: dict[str, Any] = {"values": [{"path": str(path), "key": "ROUNDS", "value": "5"}]}
    assert settings(**wanted)["changed"]
    assert path.read_text() == "# ROUNDS 1\nROUNDS\t5\nROUNDS_MAX 2\n"
    assert settings(**wanted)["changed"] is False


@pytest.mark.parametrize(("now", "after"), [(0o755, 0o700), (0o500, 0o500), (0o600, 0o600)])
def test_a_mode_is_only_ever_tightened(now: int, after: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(now)
    settings(modes=[{"path": str(path), "mode": "0700"}, {"path": str(tmp_path / "not-there"), "mode": "0700"}])
    assert path.stat().st_mode & 0o777 == after


def test_what_the_host_lacks_is_said_and_not_installed() -> None:
    said = settings(packages=["dpkg", "no-such-package-anywhere"])
    assert (said["missing_packages"], said["changed"]) == (["no-such-package-anywhere"], False)


def test_of_a_choice_of_packages_one_is_enough() -> None:
    assert settings(packages=["no-such-package|dpkg", "no-such-package|nor-this"])["missing_packages"] == ["no-such-package"]


def test_a_block_stands_once_in_a_file_that_others_write_too(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    wanted: dict[str, Any] = {"blocks": [{"path": str(path), "name": "hq", "content": "10.0.0.1 one\n"}]}
    assert settings(check=True, **wanted)["written"] == [f"{path}: hq"]
    assert settings(**wanted)["written"] == [f"{path}: hq"]
    assert path.read_text() == "127.0.0.1 localhost\n# begin hq\n10.0.0.1 one\n# end hq\n"
    assert settings(**wanted)["changed"] is False
    path.write_text(path.read_text() + "::1 ip6-localhost\n")
    settings(blocks=[{"path": str(path), "name": "hq", "content": "10.0.0.2 two"}])
    assert path.read_text() == "127.0.0.1 localhost\n# begin hq\n10.0.0.2 two\n# end hq\n::1 ip6-localhost\n"


def test_keys_are_added_and_what_the_administrator_set_stays(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text('{"userland-proxy": true}')
    wanted: dict[str, Any] = {"keys": [{"path": str(path), "values": {"userland-proxy": False, "no-new-privileges": True}}]}
    assert settings(**wanted)["written"] == [str(path)]
    assert json.loads(path.read_text()) == {"userland-proxy": True, "no-new-privileges": True}
    assert settings(**wanted)["changed"] is False


def test_only_the_files_that_are_named_stay_in_a_folder_of_ours(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        (tmp_path / name).touch()
    wanted: dict[str, Any] = {"only": [{"folder": str(tmp_path), "names": ["anna"]}]}
    assert settings(check=True, **wanted)["written"] == [f"{tmp_path / 'ben'}: removed"]
    settings(**wanted)
    assert [path.name for path in tmp_path.iterdir()] == ["anna"]


def test_what_was_written_and_not_taken_into_use_is_told_again(tmp_path: Path) -> None:
    path, memory = tmp_path / "journald.conf", tmp_path / "memory" / "base"
    wanted: dict[str, Any] = {"files": [{"path": str(path), "content": "x\n"}], "unfinished": str(memory)}
    settings(check=True, **wanted)
    assert not memory.exists()
    assert settings(**wanted)["written"] == [str(path)]
    killed_and_called_again = settings(**wanted)
    assert (killed_and_called_again["written"], killed_and_called_again["changed"]) == ([str(path)], True)
    settings(unfinished=str(memory), done=True)
    assert settings(**wanted)["changed"] is False


def test_the_difference_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "ours.conf"
    path.write_text("a = 0\n")
    said = settings(check=True, diff=True, files=[{"path": str(path), "content": "a = 1\n"}])
    assert [(one["before"], one["after"]) for one in said["diff"]] == [("a = 0\n", "a = 1\n")]


def test_an_account_that_is_not_there_is_said() -> None:
    assert settings(accounts=["root", "no-such-account"])["missing_accounts"] == ["no-such-account"]


def test_a_file_that_shall_be_gone_is_removed_once_and_not_in_check_mode(tmp_path: Path) -> None:
    path = tmp_path / "schedule"
    path.write_text("* * * * *\n")
    assert settings(gone=[str(path)], check=True)["written"] == [f"{path}: removed"]
    assert path.exists()
    assert settings(gone=[str(path)])["changed"] is True
    assert not path.exists()
    assert settings(gone=[str(path)])["changed"] is False
