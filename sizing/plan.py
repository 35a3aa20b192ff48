"""The capacity plan, ``plan.json``: what sizing answers and everything after it reads."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sizing.vocabulary import Host, Language, Line, MailAddress, Name, Network, Path, Port, Registry, Relay, wrong

MOST = 2**31 - 1
Positive = Annotated[int, Field(ge=1, le=MOST)]
Size = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Part(BaseModel):
    """A part of the plan: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schema(Part):
    """Which shape of plan this is."""

    version: Literal[1] = 1


class Observed(Part):
    """What real use said in the place of assumptions."""

    path: str = Field(description="absolute path of the calibration")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its validated content")
    began: str = Field(description="first request, UTC")
    ended: str = Field(description="last request, UTC")
    sessions: int = Field(description="visits")
    replaced: tuple[str, ...] = Field(description="numbers that were observed")


class Measured(Part):
    """What a load test said in the place of the evidence's demands."""

    path: str = Field(description="absolute path of the calibration")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its validated content")
    at: str = Field(description="UTC")
    machine: str = Field(description="on which it was measured")
    same: bool = Field(description="whether the brief's desk is that machine")
    words: str = Field(description="what becomes of the numbers here and on other machines")
    replaced: tuple[str, ...] = Field(description="numbers that were measured")


class Inputs(Part):
    """What the plan was made from."""

    path: str = Field(description="absolute path of the brief")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the brief's validated content; white space and comments do not count")
    observed: Observed | None = Field(default=None, description="null where nothing was observed")
    measured: Measured | None = Field(default=None, description="null where no calibration was run")


class Peak(Part):
    """The worst hour."""

    requests_per_second: float = Field(description="all classes, at the front door")
    hour_utc: str = Field(description="weekday and hour in UTC, e.g. 'Mon 08:00'")
    kind: Literal["ordinary", "announcement"] = Field(default="ordinary", description="an ordinary hour, or the crowd after a mail to everyone")
    cause: str = Field(default="", description="the group of people that most of it comes from")
    month: int = Field(default=0, description="month after the start")
    think_time_s: float = Field(default=0.0, description="mean time between two pages of a visit: its length over its pages")
    sessions_per_hour: float
    by_class: dict[str, float] = Field(description="requests per second by request class")


class Server(Part):
    """A group of equal servers."""

    role: str = Field(description="desk, box, frontdoor, pagecache, web, database, files")
    count: Positive
    shape: str = Field(default="", description="its name in the catalogue; '' for what is there already")
    price_per_month: float = Field(default=0.0, description="of one of them")
    cores: Positive
    memory_gib: Size
    disk_gib: Size
    speed: float | None = Field(default=None, description="score of one core, all busy; null: neither the catalogue nor the brief states one")


class FrontDoorLimits(Part):
    """HAProxy."""

    max_connections: Positive
    queue_timeout_ms: Positive
    server_timeout_ms: Positive
    threads: Positive
    memory_mib: Positive
    keep_alive_ms: Positive = Field(default=30_000, description="a connection that is idle for longer is closed")
    sign_ins_per_minute: Positive = Field(default=60, description="attempts from one address before it must wait; a whole office may share one address")


class PageCacheLimits(Part):
    """nginx as page cache."""

    size_mib: Positive = Field(description="bodies, on tmpfs")
    keys_mib: Positive = Field(description="shared memory for keys")
    life_s: Positive = Field(description="life of a page; publishing purges it earlier")
    workers: Positive
    connections: Positive
    memory_mib: Positive


class WebLimits(Part):
    """nginx with PHP-FPM: blogs or wiki."""

    replicas: Positive
    fpm_children: Positive = Field(description="finite pool, for each replica")
    queue: Positive = Field(description="requests sent to one replica at once by the front door; the rest queue there")
    php_memory_mib: Positive = Field(description="memory_limit of one request")
    request_timeout_s: Positive
    opcache_mib: Positive
    apcu_mib: Positive
    upload_mib: Positive
    connections: Positive = Field(description="nginx worker_connections")
    memory_mib: Positive = Field(description="of one container")


class DatabaseLimits(Part):
    """MariaDB."""

    buffer_pool_mib: Positive
    log_file_mib: Positive
    max_connections: Positive
    tmp_table_mib: Positive
    binlog_expire_days: Positive
    binlog_file_mib: Positive = Field(default=128, description="largest file of the binary log; a new one begins then")
    memory_mib: Positive


class ObjectCacheLimits(Part):
    """Valkey."""

    max_memory_mib: Positive
    memory_mib: Positive


class ServiceLimits(Part):
    """A service with no limit but its memory (jobs, mail)."""

    memory_mib: Positive


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
    binlogs: ServiceLimits = Field(default=ServiceLimits(memory_mib=96), description="copies the binary log, where the brief names a place for changes")


class Binding(Part):
    """What gives first."""

    resource: str = Field(description="for example 'desk.cpu', 'desk.memory', 'blogs.fpm'")
    utilisation: float = Field(description="at the peak, 0..1 and beyond")


class Capacity(Part):
    """How far the chosen servers carry."""

    people: int = Field(description="at the brief's mix, before a target is missed; the median of the draws")
    first_to_give: str = Field(description="the resource or target that is missed first, in words")


class Served(Part):
    """How far the servers carry at the peak's own mix, whatever memory and disk, which fill over months, and other moments allow. A load test measures this."""

    people: int = Field(description="at the peak's mix, before a target is missed; every number at its median, as in the peak")
    low: int = Field(description="5 % quantile (for a confidence of 0.9)")
    high: int = Field(description="95 % quantile")
    first_to_give: str = Field(description="the resource or target that is missed first, in words")


class Interval(Part):
    """What is not known: how far the servers carry, over all draws of the numbers."""

    quantity: str = "people that these servers carry"
    low: float = Field(description="5 % quantile (for a confidence of 0.9)")
    high: float = Field(description="95 % quantile")
    confidence: float = Field(description="probability inside the interval")
    holds: float = Field(description="probability that the chosen servers hold all of the horizon")
    wanted: float = Field(description="the probability that the brief asks for")
    draws: int


class Month(Part):
    """One month after the start: medians, and the interval's quantiles."""

    month: int
    date: str | None = Field(description="YYYY-MM; null where the brief names no day")
    taking_part: float = Field(description="people who take part")
    taking_part_low: float
    taking_part_high: float
    requests_per_second: float = Field(description="in the worst ordinary hour")
    requests_per_second_low: float
    requests_per_second_high: float
    disk_gib: float = Field(description="system and content on the platform's disk")
    disk_gib_high: float
    holds: float = Field(description="probability that the chosen servers hold until the end of this month")


class Purchase(Part):
    """What to have by when."""

    month: int
    date: str | None
    order_by_month: int = Field(description="the month to order in: lead time off")
    order_by_date: str | None
    servers: tuple[Server, ...]
    price_per_month: float
    because: str


class Growth(Part):
    """Month by month: when the chosen servers stop holding, and what to buy then."""

    months: tuple[Month, ...]
    outgrown_month: int | None = Field(description="first month in which they hold with less than the wanted confidence; null: not within the months")
    outgrown_date: str | None
    earliest_month: int | None = Field(description="with a probability of 5 % they are outgrown by then")
    median_month: int | None = Field(description="with a probability of 50 % they are outgrown by then")
    because: str
    purchases: tuple[Purchase, ...]


class Sensitivity(Part):
    """What one uncertain number does to the answer."""

    name: str
    share: float = Field(description="of the variance of the answer's logarithm")
    low: float = Field(description="the number's 5 % quantile")
    high: float
    people_at_low: float = Field(description="people that the servers carry with the number near its 5 % quantile, median of the rest")
    people_at_high: float
    unit: str
    source: str


class Course(Part):
    """Visits of one kind over a time, step by step, with every number at its median."""

    sessions_per_hour: float = Field(description="visits that begin in an hour, where the factor is 1")
    by_class: dict[str, float] = Field(description="requests per second by request class, where the factor is 1")
    factors: tuple[float, ...] = Field(description="of both, one for each step")


class Announcement(Part):
    """The flash crowd of a mail to everyone."""

    people: int = Field(description="that the mail goes to")
    waves: int = Field(description="equal parts in which it is sent")
    when_utc: str
    month: int
    requests_per_second: float = Field(description="at the crowd's worst five minutes, with those who come anyway")
    crowd_share: float = Field(description="of these, the part that the mail brings")
    holds: float = Field(description="probability that the chosen servers hold it as it is sent")
    largest_wave: int = Field(description="people in the largest wave that they hold with the wanted confidence; 0: none")
    waves_needed: int | None = Field(description="equal waves, a working day apart, that they hold; null: none do")
    waves_for_desk: int | None = Field(
        default=None, description="waves with which the machine that is there would be enough; null: it is chosen, or no waves help"
    )
    words: str
    crowd: Course | None = Field(
        default=None,
        description="who comes because of the mail, in 12 steps of 5 minutes; the fourth is the worst, its factor 1; null in plans of earlier versions",
    )
    others: Course | None = Field(default=None, description="who comes anyway, in the same steps, each as in the busiest minutes of its hour")


class Desk(Part):
    """The machine that is there, judged."""

    verdict: Literal["enough", "enough until", "not enough"]
    until_month: int | None
    until_date: str | None
    because: str
    people: int = Field(description="that it carries alone, the median of the draws")
    people_low: float
    people_high: float
    holds: float


class Storage(Part):
    """Bytes, at the median: what comes, goes and stays."""

    out_gib_per_month: float
    in_gib_per_month: float
    out_mbit_peak: float
    posts_gib_per_month: float = Field(description="rows of posts, comments and revisions in the database")
    media_gib_per_month: float
    binlog_gib: float = Field(description="kept at once, for binlog_expire_days")
    backup_gib: float = Field(description="kept at the horizon, wherever backups go")
    dump_gib: float = Field(default=0.0, description="one dump of the database on its way into a backup, on the platform's own disk")
    changes_gib: float = Field(default=0.0, description="copied binary log, kept where platform.backup.changes_to names a place")
    live_gib: float = Field(description="database, files, binlog and one dump at the horizon, and backups where they lie on the platform's own disk")
    retention_months: int | None
    live_gib_at_retention: float | None = Field(
        description="where it would stop growing, were content deleted after retention_months; nothing is deleted by itself"
    )


class Response(Part):
    """Response (ms) at the peak by request class: quantiles of those who are served."""

    p50: dict[str, float]
    p95: dict[str, float]
    p99: dict[str, float]
    rejected: float = Field(description="share answered with 503 after waiting too long")
    hit_ratio: dict[str, float] = Field(description="by tier: page cache, object cache, buffer pool")


class Assumption(Part):
    """A number that the answer stands on."""

    name: str
    value: float | str
    unit: str
    source: str = Field(description="author, year, title; or 'measured: how', 'the brief', 'choice', or the word 'assumption'")
    low: float | None = Field(default=None, description="5 % quantile; null: not uncertain")
    high: float | None = Field(default=None, description="95 % quantile")
    note: str = ""


class Space(Part):
    """A blog or a wiki."""

    kind: Literal["blog", "wiki"]
    title: Line
    path: Path = Field(description="below its host, without slashes; '' for the root")
    visibility: Literal["internal", "external"]


class Hosts(Part):
    """Host names; the one place where they are stored after the brief."""

    internal: Host = Field(description="internal blogs")
    external: Host = Field(description="external blogs")
    wiki: Host


class FormerHosts(Part):
    """Host names of before, by what they named: the front door leads on to today's."""

    internal: tuple[Host, ...] = ()
    external: tuple[Host, ...] = ()
    wiki: tuple[Host, ...] = ()


class Ports(Part):
    """Published on the host."""

    http: Port
    https: Port

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.http == self.https:
            raise wrong("http and https are the same port", "write two different ports")
        return self


class Acme(Part):
    """An ACME server whose terms were agreed to."""

    directory: str = Field(description="URL")
    contact: MailAddress
    terms_agreed: bool
    authority: str = Field(default="", description="PEM file: its root, and that of what it issues; '' where everybody trusts it")


class Tls(Part):
    """The company's own files, or an ACME server; all left out for an own certificate authority. Paths are absolute where the brief's is."""

    certificate: str = Field(default="", description="PEM file: certificate and chain")
    key: str = Field(default="", description="PEM file")
    authority: str = Field(default="", description="PEM file: the root that the chain ends at; '' where the chain holds it or this system knows it")
    acme: Acme | None = Field(default=None, description="who issues the certificate")


class Mail(Part):
    """Where mail goes; relay '' for a sink that keeps it on this machine."""

    relay: Relay = Field(default="", description="host or host:port")
    sender: MailAddress


class Backup(Part):
    """Where backups go, how often, and how long they are kept."""

    to: str = Field(default="", description="absolute folder, sftp:USER@HOST:/PATH or s3:URL/BUCKET; '' keeps them on the platform's own disk")
    changes_to: str = Field(
        default="",
        description="absolute folder of a second disk, or sftp:USER@HOST:/PATH: the database's binary log is copied there all the time; '' copies none",
    )
    scheduled: bool = Field(default=True, description="back up, drill and look for updates by themselves")
    every_minutes: int = Field(default=1440, description="time between two scheduled backups")
    keep_daily: int = 7
    keep_weekly: int = 5
    keep_monthly: int = 12
    drill_days: int = Field(default=30, description="days between two scheduled drills; 0 for none")


class Platform(Part):
    """What deployment needs to know of the brief."""

    name: Name = Field(description="[a-z][a-z0-9-]{0,19}: prefix of everything that is made")
    company: Line
    administrator_mail: MailAddress
    language: Language = Field(default="en", description="content language (ISO 639-1)")
    hosts: Hosts
    former_hosts: FormerHosts = FormerHosts()
    ports: Ports
    internal_networks: tuple[Network, ...] = Field(min_length=1, description="CIDRs that may reach internal hosts")
    spaces: tuple[Space, ...] = Field(min_length=1, description="at least one blog; at most one wiki")
    tls: Tls
    mail: Mail
    registry: Registry = Field(default="", description="images are pulled from REGISTRY/NAME:TAG; '' builds them here")
    hosts_file: bool = Field(default=True, description="write the host names into this machine's /etc/hosts")
    backup: Backup = Backup()

    @property
    def names(self) -> tuple[str, ...]:
        """Every host name that the front door answers for, today's first: certificates and name servers must know them."""
        return tuple(dict.fromkeys([*self.hosts.model_dump().values(), *self.former_names]))

    @property
    def former_names(self) -> tuple[str, ...]:
        """The host names of before, which lead on."""
        return tuple(name for names in self.former_hosts.model_dump().values() for name in names)


class Recovery(Part):
    """What the loss of the machine with its disk costs, at the plan's end."""

    point_s: float | None = Field(
        description="most work in the database (posts, comments, pages) that is lost (s); null: all of it may be, backups lie on that disk or are taken by hand"
    )
    files_point_s: float | None = Field(default=None, description="most work in files (pictures, other uploads) that is lost (s); null: all of it may be")
    point: str = Field(description="why so much, in words")
    time_minutes: float = Field(description="from a bare machine to the first page, the median; what cannot be brought back takes no time")
    time_minutes_high: float = Field(default=0.0, description="its 95 % quantile")
    time: str = Field(description="what the time is made of, in words")
    meets_point: bool = Field(description="point_s is within targets.recovery_point_minutes")
    meets_files_point: bool = Field(default=False, description="files_point_s is, too")
    meets_time: bool = Field(description="the time is within targets.recovery_time_minutes with targets.confidence")


class Targets(Part):
    """What the platform must reach."""

    page_p95_ms: float
    availability_percent: float
    horizon_months: int = 12
    confidence: float = 0.8
    recovery_point_minutes: float
    recovery_time_minutes: float


class Plan(Part):
    """The answer of ``plan size``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Schema = Field(default=Schema(), alias="schema")
    inputs: Inputs
    people: Positive
    peak: Peak
    servers: tuple[Server, ...] = Field(min_length=1)
    limits: Limits
    binding: Binding
    capacity: Capacity
    served: Served | None = Field(default=None, description="the same without memory and disk; null in plans of earlier versions")
    response_p95_ms: dict[str, float] = Field(description="predicted at the peak, by request class")
    response: Response | None = None
    interval: Interval | None = None
    growth: Growth | None = None
    sensitivity: tuple[Sensitivity, ...] = Field(default=(), description="the most important first")
    announcement: Announcement | None = Field(default=None, description="null where no mail goes to everyone")
    week: Course | None = Field(
        default=None,
        description="the ordinary week of the fullest month, 168 hours from Monday 00:00 UTC, the mean of each; the hour of the worst ordinary moment has the"
        " factor 1; null in plans of earlier versions",
    )
    desk: Desk | None = None
    storage: Storage | None = None
    price_per_month: float = 0.0
    availability_percent: float = Field(default=0.0, description="expected of the chosen servers")
    assumptions: tuple[Assumption, ...]
    targets: Targets
    recovery: Recovery | None = None
    survives: str = Field(description="what the chosen rung of the ladder survives, in words")
    platform: Platform
