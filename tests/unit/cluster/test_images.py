"""Which images hosts lack, where they come from, what may go; and what is asked of hosts for that."""

import shlex
import sys
from pathlib import Path

import pytest

from infra import images
from infra.cluster.carry import spread
from infra.cluster.carry.images import ENGINEER, lack, listed, unneeded, variables, ways
from infra.cluster.cluster import Cluster
from infra.cluster.playing import Part
from infra.deployment import Deployment
from infra.images import Image
from infra.inventory.assign import Question, place
from runtime.errors import PlanError
from runtime.printer import quiet
from tests.unit.inventory_examples import equal, fake_ssh, inventory

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
WEB, BLOGS = "underdesk/web:1", "underdesk/blogs:1"


def cluster(count: int = 3) -> Cluster:
    found, plan = inventory(count), equal(count)
    return Cluster(plan, found, place(Question(found, plan)))


def test_what_an_engine_lists_is_id_by_reference() -> None:
    assert listed(f"{WEB} {A}\n<none>:<none> {B}\nWARNING: nothing\nregistry:5000/x/y:2 {C}\n") == {WEB: A, "<none>:<none>": B, "registry:5000/x/y:2": C}


@pytest.mark.parametrize(
    ("there", "recorded", "here", "identity", "lacking"),
    [
        ({"one": {WEB: A}, "two": {WEB: A}}, {}, {}, A, {}),
        ({"one": {WEB: A}, "two": {}}, {}, {WEB: B}, A, {"two": (WEB,)}),
        ({"one": {WEB: B}, "two": {WEB: A}, "three": {WEB: A}}, {}, {}, A, {"one": (WEB,)}),
        ({"one": {WEB: B}, "two": {WEB: A}, "three": {WEB: A}}, {WEB: B}, {}, B, {"two": (WEB,), "three": (WEB,)}),
        ({"one": {WEB: A}, "two": {}}, {WEB: C}, {}, A, {"two": (WEB,)}),
        ({"one": {}, "two": {}}, {WEB: C}, {WEB: B}, B, {"one": (WEB,), "two": (WEB,)}),
        ({"one": {}, "two": {}}, {}, {}, "", {"one": (WEB,), "two": (WEB,)}),
    ],
    ids=["all have it", "a host's counts more than this machine's", "most have it", "the recorded one", "nobody has the recorded one", "here", "nobody"],
)
def test_a_host_lacks_what_it_has_not_or_has_otherwise(
    there: dict[str, dict[str, str]], recorded: dict[str, str], here: dict[str, str], identity: str, lacking: dict[str, tuple[str, ...]]
) -> None:
    found = lack([WEB], there, recorded, here)
    assert (found.ids, found.by_host, bool(found)) == ({WEB: identity}, lacking, bool(lacking))


def test_images_come_to_the_manager_that_lacks_the_fewest_from_hosts_before_this_machine_and_the_rest_is_built() -> None:
    third = "underdesk/mail:1"
    there = {"one": {}, "two": {WEB: A}, "worker": {BLOGS: B}}
    here = {WEB: A, BLOGS: B, "underdesk/wiki:1": C}
    every = [WEB, BLOGS, "underdesk/wiki:1", third]
    found = ways(("one", "two"), there, here, lack(every, there, {}, here))
    assert found.source == "two"
    assert found.from_host == {"worker": (BLOGS,), ENGINEER: ("underdesk/wiki:1",)}
    assert found.built == (third,)


def test_what_a_version_needs_stays_and_what_is_not_ours_too() -> None:
    held = dict.fromkeys([WEB, "underdesk/web:0", "underdesk/web:old", "theirs/web:old", f"10.20.0.11:5000/{WEB}", "debian:trixie"], A)
    assert unneeded({"one": held, "two": {WEB: A}}, [WEB], ["underdesk/web:0"]) == {"one": [f"10.20.0.11:5000/{WEB}", "underdesk/web:old"]}


def test_what_is_pulled_from_a_company_s_registry_is_not_taken_for_something_on_its_way() -> None:
    company = "registry.example:5000/underdesk/web:1"
    assert unneeded({"one": {company: A}}, [company], []) == {}


def test_ansible_is_told_of_a_registry_only_where_one_is_needed() -> None:
    told = variables(cluster(), "node-2", "PEM")
    assert (told["registry_on"], told["registry_address"], told["registry_authority"]) == ("node-2", "10.20.0.12:5000", "PEM")
    assert variables(cluster(), "node-2", "")["registry_address"] == ""


DOCKER = f"""#!{sys.executable} -I
import pathlib, sys

def read(path):
    return dict(line.split(" ") for line in path.read_text().splitlines()) if path.exists() else {{}}

def write(path, images):
    path.write_text("".join(f"{{one}} {{what}}\\n" for one, what in images.items()))

place, sent = pathlib.Path("images"), pathlib.Path("../pushed")
has, (verb, *rest) = read(place), sys.argv[1:]
names = [word for word in rest if not word.startswith("-")]
if verb == "image" and names[0] == "ls":
    sys.stdout.write(place.read_text() if place.exists() else "")
elif verb == "image" and names[0] == "inspect":
    print(has[names[-1]] if names[-1] in has else sys.exit("no such image"))
elif verb == "image" and names[0] == "rm":
    del has[names[1]]
elif verb == "save":
    print("\\n".join(f"{{one}} {{has[one]}}" for one in names))
elif verb == "load":
    has.update(line.split(" ") for line in sys.stdin.read().splitlines())
elif verb == "tag":
    has[names[1]] = has[names[0]]
elif verb == "push":
    write(sent, read(sent) | {{names[0]: has[names[0]]}})
elif verb == "pull":
    has[names[0]] = read(sent)[names[0]]
elif verb == "run":
    print("libc6\\t2.41")
else:
    sys.exit(f"not known: {{verb}}")
if verb != "image" or names[0] == "rm":
    write(place, has)
"""
"""An engine whose images are lines of a file where it is started; all push to, and pull from, one file beside."""
NOTHING = "#!/bin/sh\n"


class Hosts:
    """Three hosts whose engines are files, and an engineer's machine with one, too."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 3) -> None:
        self.folder, self.cluster = folder, cluster(count)
        path = fake_ssh(folder / "bin", {})
        for name, reach in self.cluster.reach.items():
            (folder / name).mkdir()
            (folder / "bin" / "at" / reach.address).write_text(f'cd {shlex.quote(str(folder / name))}; exec sh -c "$1"\n')
        programs = {
            "docker": DOCKER,
            "sudo": '#!/bin/sh\nshift; exec "$@"\n',
            **dict.fromkeys(("systemctl", "systemd-run", "install", "chown", "rm", "docker-registry"), NOTHING),
        }
        for name, text in {**programs, "ss": "#!/bin/sh\necho docker-registry\n"}.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        (folder / "here").mkdir()
        monkeypatch.chdir(folder / "here")
        monkeypatch.setenv("PATH", path)
        script = spread.SCRIPT.read_text().replace("/run/underdesk-registry", "settings").replace("/var/lib/underdesk/registry", "data")
        monkeypatch.setattr(spread, "SCRIPT", folder / "registry.sh")
        spread.SCRIPT.write_text(f"mkdir -p settings data\n{script}")
        self.played: list[dict[str, object]] = []
        monkeypatch.setattr(spread, "play", lambda *_, part: self.played.append(dict(part.variables)))

    def load(self, *wanted: Image) -> spread.Load:
        (self.folder / "private").mkdir(exist_ok=True)
        return spread.Load(self.cluster, self.folder / "private", Deployment(self.cluster.plan, self.folder / "deployment"), wanted)

    def has(self, who: str, **by_name: str) -> None:
        (self.folder / who / "images").write_text("".join(f"underdesk/{name}:1 {identity}\n" for name, identity in by_name.items()))

    def held(self, who: str) -> dict[str, str]:
        place = self.folder / who / "images"
        return listed(place.read_text()) if place.exists() else {}


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(tmp_path, monkeypatch)


def image(name: str, parent: str = "base", context: str = "/contexts") -> Image:
    return Image(name, f"underdesk/{name}:1", f"underdesk/{parent}:1" if parent else "", context)


BASE, WEBS = image("base", "", ""), image("web")
BASES = {"underdesk/base:1": A, WEB: B}


def test_what_only_this_machine_has_comes_to_every_host_and_what_it_is_made_of_is_written_down(hosts: Hosts) -> None:
    hosts.has("here", base=A, web=B)
    hosts.has("node-3", web=C, mail=C)
    load = hosts.load(BASE, WEBS)
    (hosts.folder / "deployment" / "images").mkdir(parents=True)
    images.record_file(load.deployment.folder, WEB).write_text(f"# {WEB} {B}\nlibc6\t1\n")
    said: list[str] = []
    before = spread.bring(load, said.append)
    assert before.by_host["node-3"] == ("underdesk/base:1", WEB)
    assert [hosts.held(name) for name in ("node-1", "node-2")] == [BASES, BASES]
    assert hosts.held("node-3") == {**BASES, "underdesk/mail:1": C}
    assert said == ["node-1: 2 images from this machine", "node-2, node-3: 2 images from node-1"]
    assert hosts.played[0]["registry_address"] == "10.20.0.11:5000"
    assert images.record_file(load.deployment.folder, "underdesk/base:1").read_text() == f"# underdesk/base:1 {A}\nlibc6\t2.41\n"
    assert images.record_file(load.deployment.folder, WEB).read_text().endswith("libc6\t1\n"), "what was written down is written anew"
    again: list[str] = []
    assert not spread.bring(load, again.append)
    assert (again, len(hosts.played)) == ([], 1)


def test_what_may_be_done_meanwhile_begins_when_one_host_has_everything(hosts: Hosts) -> None:
    hosts.has("here", base=A, web=B)
    held: list[dict[str, str]] = []
    spread.bring(hosts.load(BASE, WEBS), quiet, beside=lambda: held.append(hosts.held("node-1")))
    spread.bring(hosts.load(BASE, WEBS), quiet, beside=lambda: held.append(hosts.held("node-2")))
    assert held == [BASES, BASES], "it is done once, also where no image is lacking"


def test_where_an_image_cannot_be_had_nothing_else_begins(hosts: Hosts) -> None:
    hosts.has("here", base=A)
    begun: list[str] = []
    with pytest.raises(PlanError, match="nothing to build it from"):
        spread.bring(hosts.load(BASE, image("web", context="")), quiet, beside=lambda: begun.append("data"))
    assert begun == []


def test_one_host_alone_needs_no_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Hosts(tmp_path, monkeypatch, count=1)
    alone.has("here", base=A, web=B)
    spread.bring(alone.load(BASE, WEBS), quiet)
    assert (alone.held("node-1"), alone.played) == (BASES, [])


def test_what_a_host_has_does_not_come_from_here(hosts: Hosts) -> None:
    hosts.has("node-2", base=A, web=B)
    hosts.has("here", base=C, web=C)
    said: list[str] = []
    spread.bring(hosts.load(BASE, WEBS), said.append)
    assert said == ["node-1, node-3: 2 images from node-2"]
    assert hosts.held("node-1") == hosts.held("node-3") == BASES


def test_what_does_not_arrive_as_it_was_sent_is_said(hosts: Hosts) -> None:
    hosts.has("node-1", base=A)
    (hosts.folder / "bin" / "docker").write_text(DOCKER.replace("read(sent)[names[0]]", repr(B)))
    with pytest.raises(PlanError, match="has not got what was sent: underdesk/base:1") as problem:
        spread.bring(hosts.load(BASE), quiet)
    assert problem.value.where == "node-2"


def test_why_an_image_does_not_go_on_is_said_and_the_registry_ends(hosts: Hosts) -> None:
    hosts.has("node-1", base=A)
    (hosts.folder / "bin" / "docker").write_text(DOCKER.replace('"push"', '"never"'))
    (hosts.folder / "bin" / "systemctl").write_text('#!/bin/sh\necho "$1" >>../asked\n')
    with pytest.raises(PlanError, match=r"node-1: not known: push"):
        spread.bring(hosts.load(BASE), quiet)
    assert (hosts.folder / "asked").read_text().split()[-2:] == ["stop", "reset-failed"]


def test_what_was_packed_stays_for_the_next_time_as_long_as_there_is_such_an_image(hosts: Hosts) -> None:
    (hosts.folder / "bin" / "rm").unlink()
    (hosts.folder / "bin" / "install").write_text("#!/bin/sh\nmkdir -p data settings\n")
    hosts.has("node-1", base=A, web=B)
    load, held = hosts.load(BASE, WEBS), hosts.folder / "node-1" / "data"
    tags = [held / f"docker/registry/v2/repositories/underdesk/web/_manifests/tags/{tag}" for tag in "01"]
    for tag in tags:
        tag.mkdir(parents=True)
    (held / "whole").touch()
    spread.bring(load, quiet)
    assert ([tag.exists() for tag in tags], (held / "whole").exists()) == ([False, True], True)
    (hosts.folder / "bin" / "docker").write_text(DOCKER.replace('"push"', '"never"'))
    hosts.has("node-2", web=B)
    with pytest.raises(PlanError, match="not known: push"):
        spread.bring(load, quiet)
    assert not held.exists(), "what may be half there is sent again and again"


def test_what_nobody_has_is_built_on_one_manager_on_what_was_fetched(hosts: Hosts, tmp_path: Path) -> None:
    hosts.has("here", base=A)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\n")
    load = hosts.load(BASE, image("web", context=str(context)))
    said: list[str] = []

    def build(*_: object, part: Part) -> None:
        assert hosts.held("node-1") == {"underdesk/base:1": A}, "it is built before its parent is there"
        hosts.played.append(dict(part.variables))
        hosts.has("node-1", base=A, web=B)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "play", build)
        spread.bring(load, said.append)
    assert said[1] == "node-1: 1 image built there, since nobody has it"
    built = hosts.played[0]["images_built"]
    assert isinstance(built, list)
    assert [(one["name"], one["context"]) for one in built] == [("web", "/var/lib/underdesk/contexts/web")]
    assert hosts.held("node-3") == BASES


def test_what_nobody_has_and_nothing_tells_how_to_build_is_said_before_anything_is_moved(hosts: Hosts) -> None:
    hosts.has("here", base=A)
    with pytest.raises(PlanError, match="nothing to build it from"):
        spread.bring(hosts.load(BASE, image("web", context="")), quiet)
    assert hosts.held("node-1") == {}


def test_from_a_company_s_registry_each_host_pulls_for_itself(hosts: Hosts) -> None:
    platform = hosts.cluster.plan.platform.model_copy(update={"registry": "registry.example"})
    load = hosts.load(Image("base", "registry.example/underdesk/base:1", "", ""))
    load = spread.Load(load.cluster, load.folder, Deployment(load.cluster.plan.model_copy(update={"platform": platform}), load.deployment.folder), load.wanted)
    (hosts.folder / "pushed").write_text(f"registry.example/underdesk/base:1 {A}\n")
    spread.bring(load, quiet)
    assert [hosts.held(name) for name in hosts.cluster.reach] == [{"registry.example/underdesk/base:1": A}] * 3
    assert hosts.played == []


def test_what_no_version_needs_is_forgotten(hosts: Hosts) -> None:
    hosts.has("node-1", base=A, web=B)
    (hosts.folder / "node-1" / "images").write_text(f"underdesk/web:0 {C}\nunderdesk/web:1 {B}\n")
    said: list[str] = []
    spread.tidy(hosts.load(WEBS), said.append)
    assert said == ["removed 1 images that no version needs"]
    assert hosts.held("node-1") == {WEB: B}
