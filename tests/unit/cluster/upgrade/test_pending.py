"""What is pending on a cluster: found of images on one host and of every host, and what taking it would stop."""

from pathlib import Path

import pytest

from infra.cluster.seen.tells import Tells
from infra.cluster.standing import Standing
from infra.cluster.upgrade import kinds, pending
from infra.cluster.upgrade.kinds import ADDRESS, DATABASE, ENGINE, FILES, KERNEL
from infra.cluster.upgrade.pending import END, OnHost, Pending, heard
from infra.upgrade.updates import Update
from runtime.errors import PlanError
from runtime.run import Completed
from tests.unit.cluster.test_condition import cluster, there

RUNC = "Inst runc [1.1.15+ds1-2+b4] (1.1.15+ds1-2+deb13u1 Debian-Security:13/stable-security [amd64])"
TAR = "Inst tar [1.35] (1.36 Debian:13.2/stable [amd64])"
NEW = "Inst linux-image-6.12.99 (6.12.99-1 Debian-Security:13/stable-security [amd64])"


def update(package: str, *, security: bool = True) -> Update:
    return Update(package=package, old="1", new="2", security=security)


@pytest.mark.parametrize(
    ("packages", "stopped"),
    [
        (["runc"], (ENGINE,)),
        (["docker.io", "docker-cli", "containerd"], (ENGINE,)),
        (["mariadb-server", "mariadb-common"], (DATABASE,)),
        (["galera-4"], (DATABASE,)),
        (["glusterfs-server", "libgfapi0"], (FILES,)),
        (["keepalived"], (ADDRESS,)),
        (["linux-image-amd64"], (KERNEL,)),
        (["libc6", "runc"], (ENGINE, KERNEL)),
        (["tar", "libkrb5-3", "docker-registry", "containerd-stress"], ()),
    ],
)
def test_what_a_package_stops_is_known_by_its_name(packages: list[str], stopped: tuple[str, ...]) -> None:
    assert kinds.stops(cluster(2), "node-1", map(update, packages)) == stopped


def test_what_a_host_does_not_hold_is_not_stopped_there() -> None:
    of = cluster(roles=True)
    everything = [update(name) for name in ("keepalived", "mariadb-server", "glusterfs-client", "runc")]
    (door,), (member,) = of.placement.hosts("frontdoor")[:1], of.placement.hosts("database")[:1]
    assert kinds.stops(of, door, everything) == (ENGINE, ADDRESS)
    assert DATABASE in kinds.stops(of, member, everything)
    assert ADDRESS not in kinds.stops(of, member, everything)


def test_who_is_written_to_comes_last() -> None:
    assert kinds.order(cluster(), ["node-3", "node-1", "node-2"], last=["node-1"]) == ("node-2", "node-3", "node-1")
    assert kinds.order(cluster(), ["node-3"], last=["node-1"]) == ("node-3",)


def test_a_host_that_has_told_all_is_heard_with_what_taking_it_stops(tmp_path: Path) -> None:
    found = heard(there(tmp_path), "node-1", f"Reading lists\n{RUNC}\n{TAR}\n{NEW}\n{END}\nboot\n", "")
    assert [one.package for one in found.updates] == ["runc", "tar", "linux-image-6.12.99"]
    assert [one.package for one in found.wanted()] == ["runc"]
    assert [one.package for one in found.wanted(every=True)] == ["runc", "tar"]
    assert (found.stops, found.note, found.boots, found.leaves) == ((ENGINE,), "", True, False)


def test_an_archive_that_does_not_answer_is_said_and_hides_no_other(tmp_path: Path) -> None:
    found = heard(there(tmp_path), "node-1", f"{RUNC}\n{END}\nleaves\n", "W: Failed to fetch http://extra.example/InRelease\n")
    assert (len(found.updates), found.note, found.leaves) == (1, "1 archives of this host do not answer", True)
    assert "apt does not answer" in heard(there(tmp_path), "node-1", f"{END}\n", "E: no lock\nfailed\n").note


def test_numbers_are_of_images_without_doubles_and_of_hosts_with_them() -> None:
    both = (update("openssl"), update("tar", security=False))
    found = Pending("2026-11-29", {"blogs": both, "wiki": both}, {"node-1": OnHost(both), "node-2": OnHost(both), "node-3": OnHost(note="lost")})
    assert (found.security, found.others, found.on_hosts) == (1, 1, 2)
    assert (found.renew(every=False), Pending("", {"mail": both[1:]}).renew(every=True)) == (frozenset({"blogs", "wiki"}), frozenset({"mail"}))
    told = found.document()
    assert told["images"]["blogs"][0] == {"package": "openssl", "old": "1", "new": "2", "security": True}
    assert told["hosts"]["node-3"] == {"updates": [], "stops": [], "runs_old": [], "note": "lost", "boot_needed": False}


@pytest.fixture
def standing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Standing:
    record = {
        "base": "underdesk/base:1",
        "mail": "underdesk/mail:1",
        "blogs": "underdesk/blogs:1",
        "web": "underdesk/web:1",
        "database": "underdesk/database:1",
    }
    found = there(tmp_path, "node-1")
    monkeypatch.setattr(type(found.deployment), "record", lambda _self: {"images": record})
    (tmp_path / "images").mkdir()
    for name in record:
        (tmp_path / "images" / f"{name}-1.txt").write_text("# x\nopenssl\t1\n" if name in {"base", "web", "mail", "blogs"} else "# x\n")
    (tmp_path / "images" / "mail-1.txt").write_text("# x\nopenssl\t1\npostfix\t3\n")
    return found


def test_images_are_asked_on_one_host_that_answers_and_updates_belong_to_who_brings_them(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    openssl = "Inst openssl [1] (2 Debian-Security:13/stable-security [amd64])\n"

    def administer(reach: object, _folder: object, script: str, *_: object, **__: object) -> Completed:
        name = str(getattr(reach, "name", ""))
        asked.append((name, script))
        postfix = "Inst postfix [3] (4 Debian-Security:13/stable-security [amd64])\n" if "mail:1" in script else ""
        return Completed(0, openssl + postfix if "docker run" in script else f"{RUNC}\n{END}\n", "")

    monkeypatch.setattr(pending, "administer", administer)
    found = pending.pending(standing)
    assert {name: [one.package for one in updates] for name, updates in found.images.items()} == {"base": ["openssl"], "mail": ["postfix"]}
    assert {name for name, script in asked if "docker run" in script} == {"node-2"}
    assert not any("database:1" in script or "web:1" in script for _, script in asked), "what runs nowhere was asked"
    assert found.hosts["node-1"].note == standing.tells.lost["node-1"].message
    assert [one.package for one in found.hosts["node-3"].updates] == ["runc"]


def test_an_image_that_cannot_be_asked_is_an_error_that_names_host_and_reason(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Completed(100, "", "E: Could not resolve\n")
    monkeypatch.setattr(pending, "administer", lambda _r, _f, script, *_, **__: silent if "docker run" in script else Completed(0, f"{END}\n", ""))
    with pytest.raises(PlanError, match="archives do not answer: E: Could not resolve") as problem:
        pending.pending(standing)
    assert "node-2" in problem.value.where


def test_before_a_deploy_has_ended_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no deploy has ended yet"):
        pending.pending(there(tmp_path))


def test_with_all_hosts_lost_that_have_images_nobody_is_asked(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = Standing(
        standing.inventory,
        cluster(3, "node-1", "node-2", "node-3"),
        standing.folder,
        standing.deployment,
        Tells({}, dict.fromkeys(standing.cluster.reach, standing.tells.lost["node-1"])),
        {},
    )
    monkeypatch.setattr(pending, "administer", lambda *_, **__: pytest.fail("somebody was asked"))
    with pytest.raises(PlanError, match="no host that has the images answers"):
        pending.pending(everyone)
