"""Services of the real topology as plain containers, whose data folders may be power-cut disks.

Swarm would start a killed task again by itself; here the test says when.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra import credentials, images
from infra.deployment import Deployment
from infra.topology import Service, topology
from runtime.errors import PlanError
from runtime.run import run
from sizing.plan import Plan
from tests.unit.sample_plan import SAMPLE

READY_S = 600  # a limit, for machines that do much else
PAUSE_S = 0.1
REQUEST_S = 180
LABEL = "underdesk-powercut"
ABSENT = ("pagecache", "mail")  # their names lead to the object cache, which refuses at once


def sample(name: str) -> Plan:
    """Return the sample plan under another name, with requests that may take long: what is asked here is not speed."""
    limits = SAMPLE.limits
    web = {role: getattr(limits, role).model_copy(update={"request_timeout_s": REQUEST_S}) for role in ("blogs", "wiki")}
    return SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"name": name}), "limits": limits.model_copy(update=web)})


def until(what: str, holds: Callable[[], bool], limit_s: float = READY_S) -> None:
    """Wait until ``holds``; raises PlanError after ``limit_s``."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            raise PlanError(f"not within {limit_s:.0f} s", where=what)
        time.sleep(PAUSE_S)


@dataclass
class Rig:
    """Containers of one deployment that Swarm knows nothing of; ``folder`` holds secrets, settings and data."""

    folder: Path
    plan: Plan
    running: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deployment = Deployment(self.plan, self.folder)
        self.services = {service.role: service for service in topology(self.deployment, images.references()).services}
        credentials.ensure(self.folder)
        self._network("create")

    def name(self, role: str) -> str:
        """Return the name of a container."""
        return f"{self.plan.platform.name}-{role}"

    def start(self, role: str, changed: Mapping[str, str] | None = None, hidden: tuple[str, ...] = ()) -> None:
        """Start ``role``. ``changed`` replaces words of its settings, ``hidden`` files of its image are empty: for negative controls."""
        service = self.services[role]
        mounts = [*self._settings(service, changed or {}), *self._secrets(service)]
        mounts += [f"{self._file('empty', '')}:{path}:ro" for path in hidden]
        mounts += [f"{mount.source}:{mount.target}" for mount in service.mounts]
        names = [f"tasks.{self.name(one)}" for one in (role, *(ABSENT if role == "objectcache" else ()))]
        argv = ["docker", "run", "--detach", "--init=false", "--name", self.name(role), "--label", LABEL, "--user", str(service.user), "--read-only"]
        argv += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", f"{service.memory_mib}m", "--network", self.name("net")]
        argv += [word for name in names for word in ("--network-alias", name)]
        argv += [word for path, size in service.scratch_mib.items() for word in ("--tmpfs", f"{path}:size={size}m,mode=1777")]
        argv += [word for variable, value in service.environment.items() for word in ("--env", f"{variable}={value}")]
        argv += [word for mount in mounts for word in ("--volume", mount)]
        self.running.append(role)
        run([*argv, service.image, *service.command])

    def ready(self, role: str, *health: str) -> None:
        """Wait until the container can serve: its own health check, asked at once and not at the engine's pace."""
        try:
            until(self.name(role), lambda: run(self.argv(role, *health), check=False).returncode == 0 or self._ended(role))
        except PlanError as problem:
            raise PlanError(f"{problem}", where=self.name(role), hint=self.log(role)[-2000:]) from problem

    def kill(self, *roles: str) -> None:
        """End containers at once, as a power cut would."""
        run(["docker", "rm", "--force", "--volumes", *map(self.name, roles)])
        self.running = [role for role in self.running if role not in roles]

    def argv(self, role: str, *command: str, user: str = "") -> list[str]:
        """Return the command line that runs ``command`` inside."""
        return ["docker", "exec", "-i", *(["--user", user] if user else []), self.name(role), *command]

    def sql(self, text: str) -> list[list[str]]:
        """Run SQL as the administrator and return the rows."""
        done = run(
            self.argv("database", "mariadb", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--batch", "--skip-column-names", user="0"), stdin=text
        )
        return [line.split("\t") for line in done.stdout.split("\n") if line]  # a value may hold what splitlines() takes for an end

    def address(self, role: str) -> str:
        """Return the address of a container in its network."""
        return self._state(role, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")

    def log(self, role: str) -> str:
        """Return what a container printed."""
        done = run(["docker", "logs", self.name(role)])
        return done.stdout + done.stderr

    def close(self) -> None:
        """Remove all containers and the network."""
        if self.running:
            self.kill(*self.running)
        self._network("rm")

    def _network(self, verb: str) -> None:
        run(["docker", "network", verb, self.name("net")])

    def _state(self, role: str, what: str) -> str:
        return run(["docker", "inspect", "--format", what, self.name(role)]).stdout.strip()

    def _ended(self, role: str) -> bool:
        if self._state(role, "{{.State.Running}}") == "true":
            return False
        raise PlanError("ended", where=self.name(role), hint=self.log(role)[-2000:])

    def _settings(self, service: Service, changed: Mapping[str, str]) -> list[str]:
        texts = dict(service.configs)
        for before, after in changed.items():
            assert any(before in text for text in texts.values()), f"{before} is in no settings"
            texts = {path: text.replace(before, after) for path, text in texts.items()}
        return [f"{self._file(service.role + path, text)}:{path}:ro" for path, text in texts.items()]

    def _secrets(self, service: Service) -> list[str]:
        texts = {name: (self.folder / "secrets" / name).read_text() for name in service.secrets}
        return [f"{self._file('secrets/' + name, text)}:/run/secrets/{name}:ro" for name, text in texts.items()]

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
        return path
