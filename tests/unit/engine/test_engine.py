"""Finding the Pulumi engine and its Docker provider: one version, one place, no second download."""

import os
import re
import stat
from importlib.metadata import version
from pathlib import Path

import pytest

from infra import engine, engine_sources, provider_plugin
from runtime.errors import PlanError

WANTED = version("pulumi")
PLUGIN = Path("plugins") / f"resource-docker-v{version('pulumi-docker')}" / "pulumi-resource-docker"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path' / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_pinned_module_builds_the_engine_of_the_installed_sdk() -> None:
    module = (engine_sources.MODULE / "go.mod").read_text(encoding="utf-8")
    assert re.search(rf"^\s*github.com/pulumi/pulumi/pkg/v3 v{re.escape(WANTED)}( // indirect)?$", module, re.MULTILINE)
    assert re.search(rf"^\s*github.com/pulumi/pulumi/sdk/v3 v{re.escape(WANTED)}( // indirect)?$", module, re.MULTILINE)
    assert re.search(r"^tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi$", module, re.MULTILINE)
    assert (engine_sources.MODULE / "go.sum").stat().st_size > 0
    assert engine_sources.go_needed() >= (1, 25)


@pytest.mark.parametrize(
    ("found", "wanted", "answer"),
    [
        ("3.255.0", "3.255.0", True),
        ("v3.256.1\n", "3.255.0", True),
        ("3.9.0", "3.255.0", False),
        ("4.0.0", "3.255.0", False),
        ("3.255.0-dev", "3.255.0", False),
        ("", "3.255.0", False),
    ],
)
def test_only_an_engine_of_the_same_major_and_no_older_fits(found: str, wanted: str, answer: bool) -> None:  # noqa: FBT001 - a table
    assert engine.fits(found, wanted) is answer


def test_an_engine_on_path_is_taken_first(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "bin" / "pulumi", f"echo v{WANTED}")
    assert engine.find_engine() == engine.Engine(tmp_path / "path", WANTED, "PATH")


def test_an_engine_outside_of_a_bin_folder_gets_a_root_that_the_sdk_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = executable(tmp_path / "opt" / "pulumi", f"echo v{WANTED}")
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    found = engine.find_engine()
    assert found is not None
    assert found.origin == "PATH"
    assert found.binary.resolve() == binary


def test_an_old_engine_on_path_gives_way_to_the_cached_one(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "bin" / "pulumi", "echo v3.1.0")
    root = tmp_path / "cache" / "underdesk" / "engine" / f"v{WANTED}"
    executable(root / "bin" / "pulumi", f"echo v{WANTED}")
    assert engine.find_engine() == engine.Engine(root, WANTED, "built")


def test_a_cached_engine_that_does_not_start_counts_as_none(tmp_path: Path) -> None:
    executable(tmp_path / "cache" / "underdesk" / "engine" / f"v{WANTED}" / "bin" / "pulumi", "exit 126")
    assert engine.find_engine() is None


def test_without_installer_and_go_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_sources, "install", lambda _root: False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(PlanError, match="no Go") as raised:
        engine.ensure_engine(lambda _line: None)
    assert re.search(r"Go 1\.\d+ or newer", raised.value.hint)
    assert [path.name for path in (tmp_path / "cache" / "underdesk" / "engine").iterdir()] == ["lock"]


def test_a_go_that_is_too_old_is_said_before_anything_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_sources, "install", lambda _root: False)
    executable(tmp_path / "path" / "bin" / "go", "echo go version go1.19.8 linux/amd64")
    with pytest.raises(PlanError, match=r"too old .* 1\.19"):
        engine.ensure_engine(lambda _line: None)


def test_a_build_goes_to_the_cache_whole_and_is_found_from_then_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_sources, "install", lambda _root: False)
    script = f"""case $1 in version) echo go version go1.99.0 linux/amd64;; build)
    while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho v{WANTED}\\n' > "$2/pulumi"; chmod +x "$2/pulumi";; esac"""
    executable(tmp_path / "path" / "bin" / "go", script)
    said: list[str] = []
    built = engine.ensure_engine(said.append)
    assert built.origin == "built"
    assert engine.ensure_engine(said.append) == built
    assert len(said) == 2
    assert sorted(path.name for path in built.root.parent.iterdir()) == ["lock", f"v{WANTED}"]


def test_a_build_that_fails_leaves_no_half_of_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_sources, "install", lambda _root: False)
    executable(tmp_path / "path" / "bin" / "go", "case $1 in version) echo go1.99.0;; *) echo no such module >&2; exit 1;; esac")
    with pytest.raises(PlanError) as raised:
        engine.ensure_engine(lambda _line: None)
    assert "no such module" in raised.value.hint
    assert engine.find_engine() is None
    assert [path.name for path in (tmp_path / "cache" / "underdesk" / "engine").iterdir()] == ["lock"]


def test_a_download_that_failed_is_not_tried_again(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    binary = executable(tmp_path / "engine", f"echo once >> {tries}; exit 1")
    for home in ("one", "two"):
        assert provider_plugin.ensure(tmp_path / home, binary).origin == "air-gapped"
    assert tries.read_text(encoding="utf-8").count("once") == 1


def test_a_download_that_works_is_the_official_provider(tmp_path: Path) -> None:
    plugin = tmp_path / "one" / PLUGIN
    binary = executable(tmp_path / "engine", f'[ "$PULUMI_HOME" = {tmp_path / "one"} ] && mkdir -p {plugin.parent} && printf "\\177ELF" > {plugin}')
    assert provider_plugin.ensure(tmp_path / "one", binary) == provider_plugin.Provider("official", version("pulumi-docker"), plugin)


def test_the_official_plugin_of_this_user_replaces_ours(tmp_path: Path) -> None:
    home = tmp_path / "one"
    assert provider_plugin.find(home) is None
    assert provider_plugin.ensure(home, None).origin == "air-gapped"
    theirs = tmp_path / "home" / ".pulumi" / PLUGIN
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"\177ELF")
    assert provider_plugin.ensure(home, None).origin == "official"
    assert (home / PLUGIN).resolve() == theirs
    assert provider_plugin.ensure(home, None).origin == "official"


def test_the_launcher_follows_the_checkout_and_can_be_run(tmp_path: Path) -> None:
    path = provider_plugin.ensure(tmp_path, None).path
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("PYTHONPATH=", "PYTHONPATH=/somewhere/else:"), encoding="utf-8")
    assert provider_plugin.ensure(tmp_path, None).path.read_text(encoding="utf-8") == right
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
