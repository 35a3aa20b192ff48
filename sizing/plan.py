"""The capacity plan, ``plan.json``: what sizing answers and everything after it reads."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of the plan: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schema(Part):
    """Which shape of plan this is."""

    version: Literal[1] = 1


class Inputs(Part):
    """What the plan was made from."""

    path: str = Field(description="absolute path of the brief")
    digest: str = Field(description="SHA-256 of the brief's validated content; white space and comments do not count")


class Peak(Part):
    """The worst hour."""

    requests_per_second: float = Field(description="all classes, at the front door")
    hour_utc: str = Field(description="weekday and hour in UTC, e.g. 'Mon 08:00'")
    sessions_per_hour: float
    by_class: dict[str, float] = Field(description="requests per second by request class")


class Server(Part):
    """A group of equal servers."""

    role: str = Field(description="desk, web, database, ...")
    count: int
    cores: int
    memory_gib: float
    disk_gib: float


class FrontDoorLimits(Part):
    """HAProxy."""

    max_connections: int
    queue_timeout_ms: int
    server_timeout_ms: int
    threads: int
    memory_mib: int
    sign_ins_per_minute: int = Field(default=60, description="attempts from one address before it must wait; a whole office may share one address")


class PageCacheLimits(Part):
    """nginx as page cache."""

    size_mib: int = Field(description="bodies, on tmpfs")
    keys_mib: int = Field(description="shared memory for keys")
    life_s: int = Field(description="life of a page; publishing purges it earlier")
    workers: int
    connections: int
    memory_mib: int


class WebLimits(Part):
    """nginx with PHP-FPM: blogs or wiki."""

    replicas: int
    fpm_children: int = Field(description="finite pool, for each replica")
    queue: int = Field(description="requests sent to one replica at once by the front door; the rest queue there")
    php_memory_mib: int = Field(description="memory_limit of one request")
    request_timeout_s: int
    opcache_mib: int
    apcu_mib: int
    upload_mib: int
    connections: int = Field(description="nginx worker_connections")
    memory_mib: int = Field(description="of one container")


class DatabaseLimits(Part):
    """MariaDB."""

    buffer_pool_mib: int
    log_file_mib: int
    max_connections: int
    tmp_table_mib: int
    binlog_expire_days: int
    memory_mib: int


class ObjectCacheLimits(Part):
    """Valkey."""

    max_memory_mib: int
    memory_mib: int


class ServiceLimits(Part):
    """A service with no limit but its memory (jobs, mail)."""

    memory_mib: int


class Limits(Part):
    """Every tuning limit; templates read them from here and nowhere else."""

    frontdoor: FrontDoorLimits
    pagecache: PageCacheLimits
    blogs: WebLimits
    wiki: WebLimits
    jobs: ServiceLimits = Field(description="each of the two services that run scheduled jobs")
    database: DatabaseLimits
    objectcache: ObjectCacheLimits
    mail: ServiceLimits


class Binding(Part):
    """What gives first."""

    resource: str = Field(description="for example 'desk.cpu', 'desk.memory', 'blogs.fpm'")
    utilisation: float = Field(description="at the peak, 0..1 and beyond")


class Capacity(Part):
    """How far the chosen servers carry."""

    people: int = Field(description="at the brief's mix, before a target is missed")
    first_to_give: str = Field(description="the resource or target that is missed first, in words")


class Assumption(Part):
    """A number that the answer stands on."""

    name: str
    value: float | str
    unit: str
    source: str = Field(description="a source, 'measured: how', or the word 'assumption'")


class Space(Part):
    """A blog or a wiki."""

    kind: Literal["blog", "wiki"]
    title: str
    path: str = Field(description="below its host, without slashes; '' for the root")
    visibility: Literal["internal", "external"]


class Hosts(Part):
    """Host names; the one place where they are stored after the brief."""

    internal: str = Field(description="internal blogs")
    external: str = Field(description="external blogs")
    wiki: str


class Ports(Part):
    """Published on the host."""

    http: int
    https: int


class Tls(Part):
    """The company's own files; all '' for an own certificate authority. Paths are absolute where the brief's is."""

    certificate: str = Field(default="", description="PEM file: certificate and chain")
    key: str = Field(default="", description="PEM file")
    authority: str = Field(default="", description="PEM file: the root that the chain ends at; '' where the chain holds it or this system knows it")


class Mail(Part):
    """Where mail goes; relay '' for a sink that keeps it on this machine."""

    relay: str = Field(default="", description="host or host:port")
    sender: str


class Platform(Part):
    """What deployment needs to know of the brief."""

    name: str = Field(description="[a-z][a-z0-9-]{0,19}: prefix of everything that is made")
    company: str
    administrator_mail: str
    language: str = Field(default="en", description="content language (ISO 639-1)")
    hosts: Hosts
    ports: Ports
    internal_networks: tuple[str, ...] = Field(description="CIDRs that may reach internal hosts")
    spaces: tuple[Space, ...] = Field(description="at least one blog; at most one wiki")
    tls: Tls
    mail: Mail
    registry: str = Field(default="", description="images are pulled from REGISTRY/NAME:TAG; '' builds them here")
    hosts_file: bool = Field(default=True, description="write the host names into this machine's /etc/hosts")


class Targets(Part):
    """What the platform must reach."""

    page_p95_ms: float
    availability_percent: float
    recovery_point_minutes: float
    recovery_time_minutes: float


class Plan(Part):
    """The answer of ``plan size``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    inputs: Inputs
    people: int
    peak: Peak
    servers: tuple[Server, ...]
    limits: Limits
    binding: Binding
    capacity: Capacity
    response_p95_ms: dict[str, float] = Field(description="predicted at the peak, by request class")
    assumptions: tuple[Assumption, ...]
    targets: Targets
    survives: str = Field(description="what the chosen rung of the ladder survives, in words")
    platform: Platform
