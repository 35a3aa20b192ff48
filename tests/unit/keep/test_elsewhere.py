"""What goes to another machine, in what order, and that no secret is in an argument or stays there."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import elsewhere, places
from infra.keep.elsewhere import Box
from infra.keep.repository import Repository
from infra.keep.restore import Request
from runtime.errors import PlanError
from runtime.run import Completed

HIDDEN = "not-for-an-argument"


@dataclass(frozen=True)
class Told(Box):
    """A machine that does nothing and remembers what it was told."""

    calls: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    refuses: str = ""

    def call(self, command: str, *, stdin: str | Path = "", **_more: object) -> Completed:
        self.calls.append(command)
        text = stdin if isinstance(stdin, str) else "packed" if stdin.suffix == ".tar" else stdin.read_text()
        self.given[command.rpartition(">")[2]] = text
        if self.refuses and self.refuses in command:
            return Completed(255, "", "keep@vault: Permission denied (publickey).")
        return Completed(0, "0\ndebian\n/usr/bin/python3\n" if "os-release" in command else "", "")

    def send(self, folder: Path, to: str) -> None:
        self.calls.append(f"send {folder} {to}")


def restored(deployment: Deployment, place: str, box: Told, request: Request | None = None) -> Repository:
    repository = places.repository(deployment, place)
    repository.key_file.parent.mkdir(exist_ok=True)
    repository.key_file.write_text(HIDDEN)
    elsewhere.restore(box, deployment, repository, request or Request(), lambda _line: None)
    return repository


def test_backups_of_this_machine_go_along(deployment: Deployment, tmp_path: Path) -> None:
    box = Told("root@new")
    restored(deployment, str(tmp_path / "backups"), box)
    assert f"send {tmp_path}/backups/{deployment.name} /var/lib/underdesk-backups/{deployment.name}" in box.calls
    assert "--from=/var/lib/underdesk-backups " in box.calls[-2]
    assert box.calls[-1] == "rm -r /root/underdesk-restore"


def test_backups_of_a_third_machine_stay_there_and_it_is_tried_first_whether_they_can_be_reached(deployment: Deployment) -> None:
    box = Told("root@new")
    restored(deployment, "sftp:keep@vault:/srv", box)
    assert box.calls[1].endswith("keep@vault -s sftp")
    assert "--from=sftp:keep@vault:/srv " in box.calls[-2]
    assert not [call for call in box.calls if call.startswith("send")]


def test_where_it_does_not_reach_them_nothing_was_sent_and_it_is_said_where_to_mend_it(deployment: Deployment) -> None:
    box = Told("root@new", refuses="-s sftp")
    with pytest.raises(PlanError, match="from there keep@vault: does not let root") as refused:
        restored(deployment, "sftp:keep@vault:/srv", box)
    assert refused.value.where == "root@new"
    assert "on root@new:" in refused.value.hint
    assert len(box.calls) == 2


def test_key_and_credentials_go_through_the_connection_and_never_into_an_argument(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    places.repository(deployment)
    (deployment.folder / "secrets").mkdir(exist_ok=True)
    (deployment.folder / "secrets" / "s3").write_text(f"AWS_ACCESS_KEY_ID={HIDDEN}\nAWS_SECRET_ACCESS_KEY={HIDDEN}\n")
    box = Told("root@new")
    restored(deployment, "s3:https://store.example/backups", box)
    assert HIDDEN not in " ".join(box.calls)
    assert box.given["/root/underdesk-restore/backup"] == HIDDEN
    assert box.given["/root/underdesk-restore/s3"] == f"AWS_ACCESS_KEY_ID={HIDDEN}\nAWS_SECRET_ACCESS_KEY={HIDDEN}\n"
    assert all("umask 077" in call for call in box.calls if "/root/underdesk-restore" in call and "cat >" in call)


@pytest.mark.parametrize("host", ["-oProxyCommand=touch /tmp/x", "", " "])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(PlanError, match="is no host"):
        Box(host).check()
