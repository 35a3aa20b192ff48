"""Whether keepalived understood its settings: that of Debian 12 ends by a signal either way, and says what it did not understand. Whether anybody is heard."""

import socket
import subprocess
from collections.abc import Iterator
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


@pytest.fixture
def port() -> Iterator[int]:
    """A port of 127.0.0.1 where somebody listens, of 127.0.0.2 where somebody takes no connection any more, and of others where nobody does."""
    with socket.create_server(("127.0.0.1", 0)) as here:
        number = here.getsockname()[1]
        with socket.create_server(("127.0.0.2", number), backlog=0), socket.create_connection(("127.0.0.2", number)):
            yield number


@pytest.mark.parametrize(
    ("others", "heard"),
    [
        (["127.0.0.1"], True),
        (["127.0.0.3"], True),  # refuses
        (["127.0.0.2"], False),  # is silent
        (["127.255.255.255"], False),  # the kernel knows no way there: nobody was heard
        (["127.0.0.2", "127.255.255.255"], False),
        (["127.255.255.255", "127.0.0.2", "127.0.0.3"], True),
    ],
)
def test_who_answers_is_heard_also_with_a_refusal_and_the_own_kernel_is_nobody(port: int, others: list[str], *, heard: bool) -> None:
    done = subprocess.run(["bash", str(SCRIPT), "heard", str(port), *others], capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode == 0, done.stdout) == (heard, "")
