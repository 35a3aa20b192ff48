"""Whatever ends a command, nothing works on behind its back."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime.signals import orderly_end

ROOT = Path(__file__).resolve().parents[2]
POLITE = "import signal\ntry: print('up', flush=True); signal.pause()\nexcept KeyboardInterrupt: print('put away', flush=True)"
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True); signal.pause()"
COMMAND = """
import signal, subprocess, sys
from runtime.signals import orderly_end
with orderly_end(float(sys.argv[2])) as ending:
    try:
        child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
        print("began", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("child", child.poll(), flush=True)
sys.exit(ending.exit_code)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_is_an_interrupt_and_tells_its_exit_code(number: int, code: int) -> None:
    before = signal.getsignal(number)
    with orderly_end() as ending:
        with pytest.raises(KeyboardInterrupt), orderly_end():
            os.kill(os.getpid(), number)
        assert ending.exit_code == code
        assert signal.getsignal(number) is not before, "the inner one has taken the outer one's handler away"
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("child", "patience_s", "said"), [(POLITE, 60, ["put away", "child 0"]), (DEAF, 2, ["child -9"])])
def test_children_have_ended_before_the_interrupt_is_felt(child: str, patience_s: float, said: list[str]) -> None:
    argv = [sys.executable, "-c", COMMAND, child, str(patience_s)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as command:
        assert command.stdout is not None
        assert {command.stdout.readline() for _ in range(2)} == {"up\n", "began\n"}
        command.terminate()
        assert command.stdout.read().splitlines() == said
    assert command.returncode == 143


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with orderly_end() as ending:
            os.kill(os.getpid(), signal.SIGHUP)
        assert ending.number == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_leaves_signals_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with orderly_end():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
