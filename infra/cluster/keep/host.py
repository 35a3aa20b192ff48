"""A host of a cluster at work on backups: restic runs there, beside the files that hosts share; the key comes by stdin and stays nowhere."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.cluster.keep.commands import ENTER
from infra.cluster.session import administer, as_administrator, ssh
from infra.inventory.connect import LOST, Reach
from infra.keep import manifest
from infra.keep.where import Hear
from runtime import files
from runtime.errors import PlanError
from runtime.run import Completed, last_line, run

LONG_S: Final = 24 * 3600
MEND: Final = "is it up? see 'plan status --inventory', then run the same command again"
READY: Final = """command -v restic >/dev/null || {{ echo 'restic is not installed: run plan deploy, which installs it' >&2; exit 1; }}
install -d -m 0700 {home}/keep {home}/data/keep"""
PACK: Final = "tar -cf - -C {folder} {names}"


@dataclass(frozen=True)
class OnHost:
    """A host that is reached by SSH; ``home`` is the deployment's folder there, ``folder`` one of this machine where connections lie."""

    reach: Reach
    folder: Path
    home: Path

    @property
    def name(self) -> str:
        """What the inventory calls it."""
        return self.reach.name

    @property
    def data(self) -> Path:
        """Where it has the files that hosts share."""
        return self.home / "data"

    def do(self, script: str, stdin: str | Path = "", *, stdout: Path | None = None, limit_s: float = LONG_S) -> str:
        """Run a shell script as its administrator and return what it says; raises PlanError where it fails."""
        done = administer(self.reach, self.folder, script, stdin, stdout=stdout, limit_s=limit_s)
        if done.returncode:
            mend = MEND if done.returncode == LOST else "mend that, then run the same command again"
            raise PlanError(last_line(done.stderr), where=f"{self.name} ({self.reach.address})", hint=mend)
        return done.stdout

    def make_ready(self) -> None:
        """Have a folder to work in that is the administrator's, and one for what is remembered; raises PlanError where restic is not there."""
        self.do(READY.format(home=shlex.quote(str(self.home))))

    def run(  # noqa: PLR0913 - as of runtime.run
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 600,
        on_line: Hear = None,
        on_error_line: Hear = None,
    ) -> Completed:
        """Run ``argv`` there; what it is told of the environment goes by stdin. In ``cwd`` the files that hosts share are found as data."""
        words = shlex.join(argv)
        if cwd:
            words = f"unshare --mount sh -c {shlex.quote(ENTER)} sh {shlex.quote(str(self.data))} {shlex.quote(str(cwd))} {words}"
        script = f'set -a; eval "$(cat)"; set +a; exec {words} </dev/null'
        told = "".join(f"{name}={shlex.quote(value)}\n" for name, value in _by_value(env or {}).items())
        argv = ssh(self.reach, self.folder, as_administrator(script))
        done = run(argv, stdin=told, timeout_s=timeout_s, check=False, on_line=on_line, on_error_line=on_error_line)
        if done.returncode == LOST:
            raise PlanError(f"was lost: {last_line(done.stderr)}", where=f"{self.name} ({self.reach.address})", hint=MEND)
        return done

    def write(self, file: Path, content: str) -> None:
        """Write a file there that only its administrator reads: whole, or as it was."""
        fresh = file.with_name(f".{file.name}")
        self.do(f"umask 077; cat >{_quoted(fresh)} && sync -f {_quoted(fresh)} && mv {_quoted(fresh)} {_quoted(file)}", content)

    def names(self, folder: Path) -> frozenset[str] | None:
        """Return what is in a folder there; None where there is no such folder."""
        said = self.do(f"[ -d {_quoted(folder)} ] || {{ echo none; exit 0; }}; echo some; ls -A {_quoted(folder)}").splitlines()
        return frozenset(said[1:]) if said[:1] == ["some"] else None

    def has(self, program: str) -> bool:
        """Tell whether a program is installed there: ``make_ready`` was asked before."""
        return program == "restic"

    def told(self, problem: PlanError) -> PlanError:
        """Return a problem that was seen there with the name of the host."""
        message = problem.message.replace("root of this machine", f"root of {self.name}")
        hint = (problem.hint or "").replace("as root", f"as root on {self.name}").replace("copy root's key there", f"on {self.name} copy root's key there")
        if problem.where.startswith("s3:") or "AWS_" in hint:
            hint = hint.partition(" into ")[0].replace("write ", "export ").replace(" as two lines", " where you run plan")
        return PlanError(message, where=f"{problem.where}, as {self.name} sees it", hint=hint, exit_code=problem.exit_code)

    def bring(self, folder: Path, names: Sequence[str], to: Path) -> None:
        """Copy what is called ``names`` in ``folder`` here into the folder ``to`` there, as the administrator's."""
        packed = self.folder / f"to-{self.name}.tar"
        try:
            run(shlex.split(PACK.format(folder=_quoted(folder), names=shlex.join(names))), stdout=packed, timeout_s=LONG_S)
            self.do(f"umask 077; mkdir -p {_quoted(to)} && tar --no-same-owner -xf - -C {_quoted(to)}", packed)
        finally:
            packed.unlink(missing_ok=True)

    def fetch(self, folder: Path, names: Sequence[str], to: Path) -> None:
        """Copy what is called ``names`` (as far as it is there) in ``folder`` there into the folder ``to`` here, as ours."""
        packed = self.folder / f"from-{self.name}.tar"
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = f"cd {_quoted(folder)} && tar -cf - --ignore-failed-read $(ls -d {shlex.join(names)} 2>/dev/null)"
        try:
            self.do(there, stdout=packed)
            run(["tar", "--no-same-owner", "-xf", str(packed), "-C", str(to)], timeout_s=LONG_S)
        finally:
            packed.unlink(missing_ok=True)

    def files(self, below: Path) -> dict[str, int]:
        """Return how many files people have put below a folder there, and their bytes, as a manifest counts them."""
        found = f"cd {_quoted(below)} && find {shlex.join(manifest.FILES)} -type f -printf '%s\\n' 2>/dev/null"
        said = self.do(f"{{ {found}; true; }} | awk '{{n++; s += $1}} END {{printf \"%d %.0f\", n, s}}'").split()
        return {"files": int(said[0]), "file bytes": int(said[1])}

    def need(self, folder: Path, wanted_bytes: int, what: str) -> None:
        """Raise PlanError where the disk of ``folder`` there has not ``wanted_bytes`` free for ``what``."""
        free = int(self.do(f"df -B1 --output=avail {_quoted(folder)} | tail -n 1"))
        if free < wanted_bytes:
            said = f"{free / 1024**2:,.0f} MiB are free, {what} needs {wanted_bytes / 1024**2:,.0f}"
            raise PlanError(said, where=f"{self.name}: {folder}", hint="make space, then run the same command again")


def carry(source: OnHost, produce: str, target: OnHost, consume: str) -> None:
    """Let ``consume`` read on one host what ``produce`` says on another: without a way between them where they are the same."""
    if source.reach == target.reach:
        source.do(f"exec bash -o pipefail -c {shlex.quote(f'{produce} | {consume}')}")
        return
    on_the_way = source.folder / "on-the-way.gz"
    try:
        source.do(f"exec bash -o pipefail -c {shlex.quote(f'{produce} | gzip -1')}", stdout=on_the_way)
        target.do(f"exec bash -o pipefail -c {shlex.quote(f'gzip -dc | {consume}')}", on_the_way)
    finally:
        on_the_way.unlink(missing_ok=True)


def _by_value(env: Mapping[str, str]) -> dict[str, str]:
    """Return what restic is told with the key itself instead of the file that holds it here."""
    told = dict(env)
    if file := told.pop("RESTIC_PASSWORD_FILE", ""):
        told["RESTIC_PASSWORD"] = files.read(Path(file)).rstrip("\n")
    return told


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
