"""The services of a deployment, as values: decided here from the plan, made by the Pulumi program.

Every number comes from the plan's limits; what stands here are paths, users and names of the images.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.deployment import Deployment
from infra.keep import changes
from infra.templates import render
from sizing.plan import Plan
from sizing.recovery import changes_days

WEB_USER, DATABASE_USER, FRONTDOOR_USER, CACHE_USER, MAIL_USER = 33, 801, 802, 803, 804
DATA_FOLDERS = {
    "database": (DATABASE_USER, "0750"),
    "uploads": (WEB_USER, "0750"),
    "wiki-images": (WEB_USER, "0750"),
    "sink": (MAIL_USER, "0750"),
    "mail-queue": (0, "0755"),
}
FRONT, BACK = "front", "back"
COPIES = "/copies"
DATABASE_PORT = 3306
SCRATCH_MIB = 64
UPLOADS_AT_ONCE = 3
# Measured, one left out at a time: what Postfix's master needs to make its queue and to become its own user.
RELAY_CAPABILITIES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID")


@dataclass(frozen=True)
class Mount:
    """A folder of the host inside a container."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Health:
    """A command that answers whether the container can serve; it has ``start_s`` to get ready."""

    command: tuple[str, ...]
    start_s: int


@dataclass(frozen=True)
class Service:
    """One Swarm service; ``configs`` are texts by path, ``secrets`` are names, ``capabilities`` all that root in it may do.

    ``kernel`` are settings of its own network. ``hosts`` is the label of the nodes it may run on ("": any);
    ``everywhere``: one task on each of those, instead of ``replicas``.
    """

    role: str
    image: str
    user: int
    networks: tuple[str, ...]
    memory_mib: int
    replicas: int = 1
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    scratch_mib: Mapping[str, int] = field(default_factory=lambda: {"/tmp": SCRATCH_MIB, "/run": SCRATCH_MIB})  # noqa: S108 - inside the container
    ports: tuple[tuple[int, int], ...] = ()
    health: Health | None = None
    capabilities: tuple[str, ...] = ()
    stateful: bool = False
    stop_grace_s: int = 40
    after: tuple[str, ...] = ()
    kernel: Mapping[str, str] = field(default_factory=dict)
    hosts: str = ""
    everywhere: bool = False


@dataclass(frozen=True)
class Topology:
    """All services of a deployment, and the networks between them."""

    name: str
    networks: tuple[str, ...]
    services: tuple[Service, ...]


def topology(deployment: Deployment, images: Mapping[str, str]) -> Topology:
    """Return what must run for ``deployment``; ``images`` gives a reference by image name."""
    plan, data = deployment.plan, deployment.place / "data"
    services = (
        _database(plan, images, data),
        *_binlogs(deployment, images),
        _objectcache(plan, images),
        _mail(plan, images, data),
        _pagecache(plan, images),
        *_blogs(plan, images, data),
        *_wiki(plan, images, data),
        _frontdoor(deployment, images),
    )
    return Topology(deployment.name, (FRONT, BACK), services)


def _database(plan: Plan, images: Mapping[str, str], data: Path) -> Service:
    return Service(
        role="database",
        image=images["database"],
        user=DATABASE_USER,
        networks=(BACK,),
        memory_mib=plan.limits.database.memory_mib,
        configs={"/etc/mysql/underdesk.cnf": render("database/underdesk.cnf", plan)},
        secrets=("database-blogs", "database-wiki", *(("database-copy",) if plan.platform.backup.changes_to else ())),
        mounts=(Mount(str(data / "database"), "/var/lib/mysql"),),
        stateful=True,
        stop_grace_s=120,
    )


def _binlogs(deployment: Deployment, images: Mapping[str, str]) -> tuple[Service, ...]:
    """Return what copies the database's binary log; nothing where the brief names no place for changes."""
    plan, place = deployment.plan, deployment.plan.platform.backup.changes_to
    if not place:
        return ()
    folder = changes.folder(deployment)
    known_hosts = {} if folder else {"/etc/underdesk/known_hosts": changes.known_hosts(deployment)}
    return (
        Service(
            role="binlogs",
            image=images["binlogs"],
            user=DATABASE_USER,
            networks=(BACK,),
            memory_mib=plan.limits.binlogs.memory_mib,
            environment={
                "DATABASE_HOST": f"tasks.{deployment.name}-database",
                "COPY_TO": COPIES if folder else f"{place}/{deployment.name}",
                "KEEP_DAYS": str(changes_days(plan.platform.backup)),
            },
            configs=known_hosts,
            secrets=("database-copy",) if folder else ("database-copy", "copy-key"),
            mounts=(Mount(str(changes.spool(deployment)), "/var/spool/binlogs"), *((Mount(str(folder), COPIES),) if folder else ())),
            stateful=True,
            after=("database",),
        ),
    )


def _objectcache(plan: Plan, images: Mapping[str, str]) -> Service:
    return Service(
        role="objectcache",
        image=images["objectcache"],
        user=CACHE_USER,
        networks=(BACK,),
        memory_mib=plan.limits.objectcache.memory_mib,
        configs={"/etc/valkey/underdesk.conf": render("objectcache/valkey.conf", plan)},
        secrets=("objectcache",),
        stateful=True,
    )


def _mail(plan: Plan, images: Mapping[str, str], data: Path) -> Service:
    return Service(
        role="mail",
        image=images["mail"],
        user=0 if plan.platform.mail.relay else MAIL_USER,
        networks=(BACK,),
        memory_mib=plan.limits.mail.memory_mib,
        capabilities=RELAY_CAPABILITIES if plan.platform.mail.relay else (),
        environment={"MAIL_RELAY": plan.platform.mail.relay},
        mounts=(Mount(str(data / "sink"), "/var/spool/sink"), Mount(str(data / "mail-queue"), "/var/spool/postfix")),
        stateful=True,
    )


def _pagecache(plan: Plan, images: Mapping[str, str]) -> Service:
    limits = plan.limits.pagecache
    return Service(
        role="pagecache",
        image=images["pagecache"],
        user=WEB_USER,
        networks=(FRONT,),
        memory_mib=limits.memory_mib,
        configs={"/etc/nginx/nginx.conf": render("pagecache/nginx.conf", plan)},
        scratch_mib={"/tmp": SCRATCH_MIB, "/run": SCRATCH_MIB, "/var/cache/nginx": limits.size_mib + SCRATCH_MIB},  # noqa: S108
    )


def _frontdoor(deployment: Deployment, images: Mapping[str, str]) -> Service:
    http, https = deployment.ports
    return Service(
        role="frontdoor",
        image=images["frontdoor"],
        user=FRONTDOOR_USER,
        networks=(FRONT,),
        memory_mib=deployment.plan.limits.frontdoor.memory_mib,
        mounts=(Mount(str(deployment.place / "frontdoor"), "/etc/haproxy/live", read_only=True),),
        ports=((http, 8080), (https, 8443)),
        stateful=True,
    )


def _blogs(plan: Plan, images: Mapping[str, str], data: Path) -> tuple[Service, Service]:
    mount = Mount(str(data / "uploads"), "/var/lib/wordpress/wp-content/uploads")
    return _web_pair(plan, images["blogs"], "blogs", mount, "blogs-keys")


def _wiki(plan: Plan, images: Mapping[str, str], data: Path) -> tuple[Service, Service]:
    mount = Mount(str(data / "wiki-images"), "/var/lib/mediawiki/images")
    return _web_pair(plan, images["wiki"], "wiki", mount, "wiki-key")


def _web_pair(plan: Plan, image: str, role: Literal["blogs", "wiki"], mount: Mount, key: str) -> tuple[Service, Service]:
    limits = plan.limits.blogs if role == "blogs" else plan.limits.wiki
    secrets = (f"database-{role}", key, "objectcache")
    configs = {
        "/etc/php/fpm-pool.conf": render(f"{role}/fpm-pool.conf", plan),
        "/etc/php/limits.ini": render(f"{role}/limits.ini", plan),
        "/etc/nginx/nginx.conf": render(f"{role}/nginx.conf", plan),
        "/etc/underdesk/platform.json": _platform_json(plan),
    }
    web = Service(
        role=role,
        image=image,
        user=WEB_USER,
        networks=(FRONT, BACK),
        memory_mib=limits.memory_mib,
        replicas=limits.replicas,
        environment=_peers(plan.platform.name),
        configs=configs,
        secrets=secrets,
        mounts=(mount,),
        scratch_mib={"/tmp": SCRATCH_MIB + UPLOADS_AT_ONCE * limits.upload_mib, "/run": SCRATCH_MIB},  # noqa: S108 - inside the container
        after=("database", "objectcache"),
    )
    jobs = Service(
        role=f"{role}-jobs",
        image=image,
        user=WEB_USER,
        networks=(FRONT, BACK),
        memory_mib=plan.limits.jobs.memory_mib,
        command=("underdesk-jobs",),
        environment=_peers(plan.platform.name),
        configs=configs,
        secrets=(*secrets, "administrator"),
        mounts=(mount,),
        health=Health(("underdesk-jobs", "health"), start_s=120),
        stateful=True,
        after=("database", "objectcache", "mail"),
    )
    return web, jobs


def _peers(name: str) -> dict[str, str]:
    roles = {"DATABASE_HOST": "database", "OBJECTCACHE_HOST": "objectcache", "MAIL_HOST": "mail", "PAGECACHE_HOST": "pagecache"}
    return {variable: f"tasks.{name}-{role}" for variable, role in roles.items()} | {"DATABASE_PORT": str(DATABASE_PORT)}


def _platform_json(plan: Plan) -> str:
    platform = plan.platform
    return json.dumps(
        {
            "name": platform.name,
            "company": platform.company,
            "administrator_mail": platform.administrator_mail,
            "language": platform.language,
            "hosts": platform.hosts.model_dump(),
            "https_port": platform.ports.https,
            "spaces": [space.model_dump() for space in platform.spaces],
            "mail_sender": platform.mail.sender,
        },
        indent=1,
    )
