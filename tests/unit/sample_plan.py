"""A plan made by hand: each limit has a value of its own, so that a mix-up shows."""

from sizing.plan import (
    Binding,
    Capacity,
    DatabaseLimits,
    FrontDoorLimits,
    Hosts,
    Inputs,
    Limits,
    Mail,
    ObjectCacheLimits,
    PageCacheLimits,
    Peak,
    Plan,
    Platform,
    Ports,
    Server,
    ServiceLimits,
    Space,
    Targets,
    Tls,
    WebLimits,
)

BLOGS = WebLimits(
    replicas=3,
    fpm_children=7,
    queue=11,
    php_memory_mib=131,
    request_timeout_s=37,
    opcache_mib=67,
    apcu_mib=29,
    upload_mib=61,
    connections=523,
    memory_mib=719,
)
WIKI = WebLimits(
    replicas=2,
    fpm_children=5,
    queue=9,
    php_memory_mib=137,
    request_timeout_s=41,
    opcache_mib=71,
    apcu_mib=31,
    upload_mib=59,
    connections=541,
    memory_mib=727,
)
LIMITS = Limits(
    frontdoor=FrontDoorLimits(
        max_connections=1019, queue_timeout_ms=8009, server_timeout_ms=47017, keep_alive_ms=31013, threads=2, memory_mib=191, sign_ins_per_minute=83
    ),
    pagecache=PageCacheLimits(size_mib=223, keys_mib=13, life_s=617, workers=2, connections=1031, memory_mib=307),
    blogs=BLOGS,
    wiki=WIKI,
    jobs=ServiceLimits(memory_mib=401),
    database=DatabaseLimits(
        buffer_pool_mib=257, log_file_mib=97, max_connections=53, tmp_table_mib=17, binlog_expire_days=19, binlog_file_mib=139, memory_mib=769
    ),
    objectcache=ObjectCacheLimits(max_memory_mib=101, memory_mib=149),
    mail=ServiceLimits(memory_mib=103),
    binlogs=ServiceLimits(memory_mib=107),
)
PLATFORM = Platform(
    name="sample",
    company="Sample Ltd",
    administrator_mail="it@sample.example",
    hosts=Hosts(internal="blogs.sample.example", external="news.sample.example", wiki="wiki.sample.example"),
    ports=Ports(http=18080, https=18443),
    internal_networks=("10.20.0.0/16", "127.0.0.0/8"),
    spaces=(Space(kind="blog", title="Inside", path="", visibility="internal"), Space(kind="wiki", title="Wiki", path="", visibility="internal")),
    tls=Tls(),
    mail=Mail(sender="platform@sample.example"),
)
SAMPLE = Plan(
    inputs=Inputs(path="/sample/brief.yaml", digest="0" * 64),
    people=400,
    peak=Peak(requests_per_second=3.5, hour_utc="Mon 08:00", sessions_per_hour=100.0, by_class={"read": 3.5}),
    servers=(Server(role="desk", count=1, cores=4, memory_gib=16.0, disk_gib=200.0),),
    limits=LIMITS,
    binding=Binding(resource="desk.cpu", utilisation=0.4),
    capacity=Capacity(people=900, first_to_give="desk.cpu"),
    response_p95_ms={"read": 300.0},
    assumptions=(),
    targets=Targets(page_p95_ms=1000.0, availability_percent=99.5, recovery_point_minutes=60.0, recovery_time_minutes=240.0),
    survives="power loss",
    platform=PLATFORM,
)
