"""What another machine gets is all that scenarios import, as our own lock pins it."""

import subprocess
import sys
import tarfile

from loadtests.elsewhere.bundle import CHECKOUT, LOCK, _name, needed, ours, pinned

LOADED = """
import importlib.metadata, sys
import loadtests.scenarios.steady, loadtests.scenarios.smoke, loadtests.scenarios.capacity, loadtests.scenarios.closed
known = importlib.metadata.packages_distributions()
print(*{one for name in {module.partition(".")[0] for module in sys.modules} for one in known.get(name, ())})
"""
WITHOUT = {"underdesk", "setuptools", "ruamel-yaml-clib"}
"""Ourselves, and what is taken where it happens to be there."""


def test_every_package_that_a_scenario_imports_is_brought_and_pinned() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    loaded = {_name(name) for name in done.stdout.split()} - WITHOUT
    assert "locust" in loaded
    blocks = list(pinned(LOCK.read_text(encoding="utf-8"), needed()))
    assert loaded <= {_name(block) for block in blocks}
    assert all("--hash=sha256:" in block for block in blocks)


def test_a_lock_is_cut_to_the_names_that_are_asked_for() -> None:
    lock = "one==1 \\\n    --hash=sha256:a\none-more==2 \\\n    --hash=sha256:b\nOther_One==3 ; python_version < '3.12' \\\n    --hash=sha256:c"
    assert [block.split()[0] for block in pinned(lock, frozenset({"one", "other-one"}))] == ["one==1", "Other_One==3"]


def test_our_own_code_is_packed_alike_each_time_and_holds_the_program_that_runs_there(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = ours()
    first.file.unlink()
    again = ours()
    assert (again.name, again.file) == (first.name, first.file)
    with tarfile.open(again.file) as packed:
        entries = {entry.name: entry for entry in packed}
    assert "loadtests/elsewhere/on_host.py" in entries
    assert all(entry.mode & 0o004 for entry in entries.values())
    assert not any("tests/" in name.replace("loadtests/", "") for name in entries)
