"""Whether keepalived understood its settings: that of Debian 12 ends by a signal either way, and says what it did not understand."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "playbooks/roles/addresses/files/underdesk-addresses"


@pytest.mark.parametrize(
    ("does", "understood"),
    [
        ("exit 0", True),
        ("echo looked at; exit 0", True),
        ("kill -TERM $$", True),
        ("echo \"(Line 11) invalid number '0.5'\" >&2; kill -TERM $$", False),
        ("echo unknown keyword; exit 5", False),
        ("exit 1", False),
        ("kill -SEGV $$", False),
    ],
)
def test_settings_are_understood(tmp_path: Path, does: str, *, understood: bool) -> None:
    script = tmp_path / "underdesk-addresses"
    script.write_text(SCRIPT.read_text().replace("/run/underdesk-addresses", str(tmp_path / "run")))
    for name, says in (("keepalived", does), ("ip", "echo 2: eth0 inet 192.0.2.1/24")):
        (tmp_path / name).write_text(f"#!/bin/bash\n{says}\n")
        (tmp_path / name).chmod(0o755)
    argv = ["bash", str(script), "check", "192.0.2.1"]
    done = subprocess.run(argv, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert (done.returncode == 0, bool(done.stderr)) == (understood, not understood)
    assert "0.5" not in does or "invalid number '0.5'" in done.stderr
