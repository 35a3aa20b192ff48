"""Every tuning limit, derived: templates hold none of their own."""

import math
from dataclasses import dataclass

from sizing import plan
from sizing.evidence import Evidence
from sizing.storage import MIB_PER_GIB, MIB_PER_KB, Stored
from sizing.workload import Workload

FEWEST_CHILDREN = 2
ROLES = 2
JOBS = 2
SPARE_CONNECTIONS = 10
FEWEST_CONNECTIONS = 500
LARGEST_CACHE_SHARE = 0.05
POOL_SHARE_OF_FREE = 0.5
POOL_ROOM = 1.5
KEYS_PER_MIB = 8000
OBJECT_CACHE_ROOM = 1.25


@dataclass(frozen=True)
class Memory:
    """How the machine's memory (MiB) is shared out."""

    total: float
    fixed: float
    hot: float
    child: float
    children: int

    @property
    def needed(self) -> float:
        """With the fewest children and the hot part of the database in memory."""
        return self.fixed + self.hot + ROLES * FEWEST_CHILDREN * self.child

    @property
    def free(self) -> float:
        """Left for the buffer pool."""
        return self.total - self.fixed - ROLES * self.children * self.child


def memory(cores: int, memory_gib: float, workload: Workload, stored: Stored, evidence: Evidence, *, database: bool = True) -> Memory:  # noqa: PLR0913 - what decides it
    """Share out the memory of one machine that holds every service; without ``database``, of a web server."""
    total = memory_gib * MIB_PER_GIB
    wanted = max(FEWEST_CHILDREN, math.ceil(cores * evidence["fpm_children_per_core"]))
    fixed = evidence["system_memory"] + ROLES * _web_fixed(evidence) + (SPARE_CONNECTIONS + 2 * JOBS) * evidence["connection_memory"]
    hot = 0.0
    if database:
        fixed += _beside_web(total, workload, stored, evidence)
        hot = max(evidence["smallest_buffer_pool"], evidence["hot_share"] * stored.database_mib)
    child = evidence["child_memory"] + evidence["connection_memory"]
    fit = int((total - fixed - hot) / child / ROLES)
    return Memory(total, fixed, hot, child, max(FEWEST_CHILDREN, min(wanted, fit)))


def _beside_web(total: float, workload: Workload, stored: Stored, evidence: Evidence) -> float:
    return (
        _front_memory(workload, evidence)
        + page_cache(total, stored, evidence)
        + evidence["web_memory"]
        + JOBS * evidence["jobs_memory"]
        + evidence["mail_memory"]
        + evidence["database_memory"]
        + _object_cache(total, stored, evidence) * OBJECT_CACHE_ROOM
    )


def limits(shares: Memory, workload: Workload, stored: Stored, evidence: Evidence, cores: int) -> plan.Limits:
    """Return every tuning limit for one machine whose memory is shared out as ``shares``."""
    pool = min(shares.free, max(shares.hot * POOL_ROOM, shares.free * POOL_SHARE_OF_FREE))
    connections = ROLES * shares.children + 2 * JOBS + SPARE_CONNECTIONS
    web = _web(shares.children, evidence)
    objects = _object_cache(shares.total, stored, evidence)
    return plan.Limits(
        frontdoor=plan.FrontDoorLimits(
            max_connections=_connections(workload, evidence),
            queue_timeout_ms=round(evidence["queue_timeout"] * 1000),
            server_timeout_ms=round(evidence["request_timeout"] * 1000) + 5000,
            threads=min(cores, 64),
            memory_mib=math.ceil(_front_memory(workload, evidence)),
        ),
        pagecache=_pagecache(shares.total, workload, stored, evidence),
        blogs=web,
        wiki=web,
        jobs=plan.ServiceLimits(memory_mib=round(evidence["jobs_memory"])),
        database=plan.DatabaseLimits(
            buffer_pool_mib=int(pool),
            log_file_mib=max(64, int(pool / 4)),
            max_connections=connections,
            tmp_table_mib=16,
            binlog_expire_days=round(evidence["binlog_days"]),
            memory_mib=int(pool) + math.ceil(evidence["database_memory"] + connections * evidence["connection_memory"]),
        ),
        objectcache=plan.ObjectCacheLimits(max_memory_mib=int(objects), memory_mib=math.floor(objects * OBJECT_CACHE_ROOM)),
        mail=plan.ServiceLimits(memory_mib=round(evidence["mail_memory"])),
    )


def container_memory(limits: plan.Limits) -> int:
    """Return the sum (MiB) of all containers' limits on one machine."""
    single = (limits.frontdoor, limits.pagecache, limits.database, limits.objectcache, limits.mail)
    web = sum(role.replicas * role.memory_mib for role in (limits.blogs, limits.wiki))
    return sum(part.memory_mib for part in single) + web + JOBS * limits.jobs.memory_mib


def _web(children: int, evidence: Evidence) -> plan.WebLimits:
    slots = children + round(evidence["static_slots"])
    return plan.WebLimits(
        replicas=1,
        fpm_children=children,
        queue=slots,
        php_memory_mib=round(evidence["php_memory_limit"]),
        request_timeout_s=round(evidence["request_timeout"]),
        opcache_mib=round(evidence["opcache"]),
        apcu_mib=round(evidence["apcu"]),
        upload_mib=round(evidence["upload_limit"]),
        connections=max(FEWEST_CONNECTIONS, 4 * slots),
        memory_mib=int(children * evidence["child_memory"] + _web_fixed(evidence)),
    )


def _web_fixed(evidence: Evidence) -> float:
    """Return what a web container holds beside its children: caches, nginx, and one child at its limit."""
    return evidence["opcache"] + evidence["apcu"] + evidence["web_memory"] + evidence["php_memory_limit"] - evidence["child_memory"]


def _pagecache(total: float, workload: Workload, stored: Stored, evidence: Evidence) -> plan.PageCacheLimits:
    size = page_cache(total, stored, evidence)
    return plan.PageCacheLimits(
        size_mib=int(size),
        keys_mib=max(1, math.ceil(size / MIB_PER_KB / evidence["page_bytes"] / KEYS_PER_MIB)),
        life_s=round(evidence["page_cache_life"]),
        workers=1,
        connections=_connections(workload, evidence),
        memory_mib=int(size + evidence["web_memory"]),
    )


def _connections(workload: Workload, evidence: Evidence) -> int:
    visits = workload.sessions_per_hour * evidence["session_minutes"] / 60
    return max(FEWEST_CONNECTIONS, math.ceil(2 * visits * evidence["connections_per_session"]))


def _front_memory(workload: Workload, evidence: Evidence) -> float:
    return evidence["front_memory"] + _connections(workload, evidence) * evidence["front_connection_memory"]


def page_cache(total: float, stored: Stored, evidence: Evidence) -> float:
    """Return the page cache's size in MiB: twice the pages, up to a share of the memory."""
    return min(max(32.0, 2 * stored.pages * evidence["page_bytes"] * MIB_PER_KB), total * LARGEST_CACHE_SHARE)


def _object_cache(total: float, stored: Stored, evidence: Evidence) -> float:
    return min(max(32.0, stored.pages * evidence["object_bytes"] * MIB_PER_KB), total * LARGEST_CACHE_SHARE)
