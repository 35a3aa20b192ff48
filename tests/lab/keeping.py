"""A lab whose backups are at work: its commands, its schedule, and what people wrote."""

import functools
import signal
import subprocess
from pathlib import Path
from typing import Any

from infra.deployment import read_plan
from runtime.together import together
from tests.lab.cluster import PLAN, Done
from tests.lab.serving import ServingLab
from tests.lab.writing import Author

DUE = "/run/underdesk-keep"
LAST = "/var/lib/underdesk/sample/data/keep/last-backup.json"


class Kept(ServingLab):
    """A lab that serves, whose backups are at work."""

    def plan(self, command: str, *more: str, code: int = 0) -> Done:
        """Run a command of the cluster; it ends with ``code``."""
        done = self.ask(command, *more)
        assert done.code == code, done.said
        return done

    def schedule(self, to: str = "") -> str:
        """Let managers back up, and prove that, by themselves; return what the deploy says."""
        plan = read_plan(self.plan_file)
        keep = plan.platform.backup.model_copy(update={"scheduled": True, "drill_days": 1, "to": to})
        self.plan_file.write_text(plan.model_copy(update={"platform": plan.platform.model_copy(update={"backup": keep})}).model_dump_json())
        done = self.deploy()
        assert done.code == 0, done.said
        return done.said

    def due(self, hosts: list[str]) -> None:
        """Let a day have gone by since the last backup and drill, and some of the hosts all see at once that nobody took others."""
        folder = Path(LAST).parent
        self.root(hosts[0], f'for file in {folder}/last-*.json; do [ ! -e $file ] || sed -i -E \'s/"time": "[0-9]{{4}}/"time": "2020/\' $file; done')
        for host in hosts:
            self.root(host, f"mkdir -p {DUE}; echo 1 >{DUE}/backup-due; echo 1 >{DUE}/drill-due")
        together([functools.partial(self.root, host, "systemctl start underdesk-keep") for host in hosts])

    def kept(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return what status says of backups and drills, and the backups there are."""
        keep = self.plan("status", "--json").answer["keep"]
        return keep, self.plan("backup", "--list", "--json").answer["backups"]

    def stopped(self, when: str, command: str, *more: str) -> None:
        """Begin a command and kill it, its children untold, when it says ``when``."""
        argv = [str(PLAN), command, "--inventory", str(self.inventory), *more]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self._environment())
        assert process.stderr
        heard = next((line for line in process.stderr if when in line), "")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stderr.close()
        assert heard, f"it never said {when}"

    def titles(self, folder: Path, mark: str) -> set[str]:
        reader = Author(self.site, folder)
        try:
            return set(reader.titles(mark))
        finally:
            reader.close()

    def write(self, folder: Path, title: str) -> None:
        author = Author(self.site, folder)
        try:
            assert author.refused(title) == ""
        finally:
            author.close()
