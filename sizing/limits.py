"""Every tuning limit, derived: templates hold none of their own."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing import plan
from sizing.evidence import Array, Values
from sizing.storage import MIB_PER_GIB, MIB_PER_KB, Stored

FEWEST_CHILDREN: Final = 2
ROLES: Final = 2
JOBS: Final = 2
SPARE_CONNECTIONS: Final = 10
FEWEST_CONNECTIONS: Final = 500
CONNECTIONS_SHARE: Final = 0.02
"""Of its host's memory: so much for connections the front door may have whatever the plan, so that they never give before the processors do …"""
MOST_CHEAP_CONNECTIONS: Final = 65_536
"""… but no more than that: each takes up to four open files of HAProxy (engines usually give half a million), and 0.4 KiB of nginx before anybody comes."""
LARGEST_CACHE_SHARE: Final = 0.05
SMALLEST_CACHE_MIB: Final = 32.0
POOL_SHARE_OF_FREE: Final = 0.5
POOL_ROOM: Final = 1.5
KEYS_PER_MIB: Final = 8000
OBJECT_CACHE_ROOM, OBJECT_CACHE_OWN_MIB = 1.5, 16.0
"""Memory for each MiB of objects (fragmentation 1.2 to 1.6 seen), and of Valkey itself. With 1.25 and none it stood still: docs/background/never-blinks.md."""
LARGEST_POOL: Final = 256
OWN_POOL_SHARE: Final = 0.75
OWN_CACHE_SHARE: Final = 0.35


@dataclass(frozen=True)
class Memory:
    """How a machine's memory (MiB) is shared out, in each scenario (S,)."""

    total: float
    fixed: Array
    hot: Array
    child: Array
    children: Array

    @property
    def needed(self) -> Array:
        """With the fewest children and the hot part of the database in memory."""
        return np.asarray(self.fixed + self.hot + ROLES * FEWEST_CHILDREN * self.child)

    @property
    def free(self) -> Array:
        """Left for the buffer pool."""
        return np.asarray(self.total - self.fixed - ROLES * self.children * self.child)

    @property
    def pool(self) -> Array:
        """The buffer pool: 1.5 times the hot data, or half of what is left, whichever is more."""
        return np.asarray(np.minimum(self.free, np.maximum(self.hot * POOL_ROOM, self.free * POOL_SHARE_OF_FREE)))


def memory(cores: int, memory_gib: float, visits: Array, content: Stored, values: Values, *, database: bool = True) -> Memory:  # noqa: PLR0913 - what decides it
    """Share out the memory of one machine that holds every service; without ``database``, of a web server.

    ``visits`` (S,) are those of the peak hour.
    """
    total = memory_gib * MIB_PER_GIB
    wanted = min(LARGEST_POOL, max(FEWEST_CHILDREN, math.ceil(cores * values.point("fpm_children_per_core"))))
    fixed = values["system_memory"] + ROLES * _web_fixed(values) + (SPARE_CONNECTIONS + 2 * JOBS) * values["connection_memory"]
    hot = np.zeros(values.scenarios)
    if database:
        fixed = fixed + _beside_web(total, visits, content, values)
        hot = np.maximum(values["smallest_buffer_pool"], values["hot_share"] * content.database_mib)
    child = values["child_memory"] + values["connection_memory"]
    fit = np.floor((total - fixed - hot) / child / ROLES)
    return Memory(total, fixed, hot, child, np.clip(fit, FEWEST_CHILDREN, wanted))


def _beside_web(total: float, visits: Array, content: Stored, values: Values) -> Array:
    return np.asarray(
        _front_memory(total, visits, values)
        + page_cache(total, LARGEST_CACHE_SHARE, content, values)
        + values["web_memory"]
        + JOBS * values["jobs_memory"]
        + values["mail_memory"]
        + values["copy_memory"]
        + values["database_memory"]
        + object_cache_memory(object_cache(total, LARGEST_CACHE_SHARE, content, values))
    )


def limits(shares: Memory, visits: Array, content: Stored, values: Values, cores: int) -> plan.Limits:
    """Return every tuning limit for one machine whose memory is shared out as ``shares``; the first scenario counts."""
    children, pool = int(shares.children[0]), float(shares.pool[0])
    connections = ROLES * children + 2 * JOBS + SPARE_CONNECTIONS
    web = _web(children, values)
    objects = float(object_cache(shares.total, LARGEST_CACHE_SHARE, content, values)[0])
    queue_ms, request_s = round(values.point("queue_timeout") * 1000), round(values.point("request_timeout"))
    return plan.Limits(
        frontdoor=plan.FrontDoorLimits(
            max_connections=_connections(shares.total, visits, values),
            queue_timeout_ms=queue_ms,
            server_timeout_ms=request_s * 1000 + 5000,
            keep_alive_ms=round(values.point("keep_alive") * 1000),
            threads=min(cores, 64),
            memory_mib=math.ceil(float(_front_memory(shares.total, visits, values)[0])),
        ),
        pagecache=_pagecache(shares.total, visits, content, values),
        blogs=web,
        wiki=web,
        jobs=plan.ServiceLimits(memory_mib=round(values.point("jobs_memory"))),
        database=plan.DatabaseLimits(
            buffer_pool_mib=int(pool),
            log_file_mib=max(64, int(pool / 4)),
            max_connections=connections,
            tmp_table_mib=16,
            binlog_expire_days=round(values.point("binlog_days")),
            binlog_file_mib=round(values.point("binlog_file")),
            memory_mib=int(pool) + math.ceil(values.point("database_memory") + connections * values.point("connection_memory")),
        ),
        objectcache=plan.ObjectCacheLimits(max_memory_mib=int(objects), memory_mib=int(object_cache_memory(objects))),
        mail=plan.ServiceLimits(memory_mib=round(values.point("mail_memory"))),
        binlogs=plan.ServiceLimits(memory_mib=round(values.point("copy_memory"))),
    )


def own_pool(memory_gib: float, values: Values) -> Array:
    """Return the buffer pool in MiB (S,) of a database that has a host of ``memory_gib`` for itself."""
    left = memory_gib * MIB_PER_GIB - values["system_memory"] - values["database_memory"]
    return np.maximum(values["smallest_buffer_pool"], left * OWN_POOL_SHARE)


def of_several(found: plan.Limits, servers: tuple[plan.Server, ...], visits: Array, content: Stored, values: Values) -> plan.Limits:
    """Return ``found``, the limits of one machine, for several: every process of every web host may hold a database connection.

    Where hosts have roles, front doors share the connections with one of them dead, and each role has its host's memory.
    """
    roles = {server.role: server for server in servers}
    web = roles.get("web") or servers[0]
    connections = web.count * ROLES * found.blogs.fpm_children + 2 * JOBS + SPARE_CONNECTIONS
    more = (connections - found.database.max_connections) * values.point("connection_memory")
    grown = {"max_connections": connections, "memory_mib": found.database.memory_mib + math.ceil(more)}
    if "database" not in roles:
        return found.model_copy(update={"database": found.database.model_copy(update=grown)})
    pool = int(own_pool(roles["database"].memory_gib, values)[0])
    memory = pool + math.ceil(values.point("database_memory") + connections * values.point("connection_memory"))
    grown = {"max_connections": connections, "buffer_pool_mib": pool, "log_file_mib": max(64, int(pool / 4)), "memory_mib": memory}
    door, cache = roles["frontdoor"], roles["pagecache"]
    each = visits / (door.count - 1)
    total, caching = door.memory_gib * MIB_PER_GIB, cache.memory_gib * MIB_PER_GIB
    doors = {
        "max_connections": _connections(total, each, values),
        "threads": min(door.cores, 64),
        "memory_mib": math.ceil(float(_front_memory(total, each, values)[0])),
    }
    size = int(page_cache(caching, OWN_CACHE_SHARE, content, values)[0])
    objects = int(object_cache(caching, OWN_CACHE_SHARE, content, values)[0])
    caches = {"size_mib": size, "connections": _connections(caching, visits / (cache.count - 1), values), "memory_mib": int(size + values.point("web_memory"))}
    return found.model_copy(
        update={
            "database": found.database.model_copy(update=grown),
            "frontdoor": found.frontdoor.model_copy(update=doors),
            "pagecache": found.pagecache.model_copy(update=caches),
            "objectcache": found.objectcache.model_copy(update={"max_memory_mib": objects, "memory_mib": int(object_cache_memory(objects))}),
        }
    )


def least(found: plan.Limits, values: Values) -> plan.Limits:
    """Return ``found`` with the least that serves one visitor: a single web server of each kind, and the smallest buffer pool."""
    pool = min(int(values.point("smallest_buffer_pool")), found.database.buffer_pool_mib)
    return found.model_copy(
        update={
            "blogs": found.blogs.model_copy(update={"replicas": 1}),
            "wiki": found.wiki.model_copy(update={"replicas": 1}),
            "database": found.database.model_copy(update={"buffer_pool_mib": pool}),
        }
    )


def front_doors(memory_gib: float, visits: Array, values: Values) -> Array:
    """Return how many times the connections of ``visits`` an hour (S,) fit into the memory of a front door's host."""
    left = memory_gib * MIB_PER_GIB - values["system_memory"] - values["front_memory"]
    return np.asarray(np.maximum(left, 0.0) / (_open_connections(visits, values) * values["front_connection_memory"]))


def container_memory(limits: plan.Limits) -> int:
    """Return the sum (MiB) of all containers' limits on one machine."""
    single = (limits.frontdoor, limits.pagecache, limits.database, limits.objectcache, limits.mail, limits.binlogs)
    web = sum(role.replicas * role.memory_mib for role in (limits.blogs, limits.wiki))
    return sum(part.memory_mib for part in single) + web + JOBS * limits.jobs.memory_mib


def _web(children: int, values: Values) -> plan.WebLimits:
    slots = children + round(values.point("static_slots"))
    return plan.WebLimits(
        replicas=1,
        fpm_children=children,
        queue=slots,
        php_memory_mib=round(values.point("php_memory_limit")),
        request_timeout_s=round(values.point("request_timeout")),
        opcache_mib=round(values.point("opcache")),
        apcu_mib=round(values.point("apcu")),
        upload_mib=round(values.point("upload_limit")),
        connections=max(FEWEST_CONNECTIONS, 4 * slots),
        memory_mib=int(children * values.point("child_memory") + float(_web_fixed(values)[0])),
    )


def _web_fixed(values: Values) -> Array:
    """Return what a web container holds beside its children: caches, nginx, and one child at its limit."""
    return values["opcache"] + values["apcu"] + values["web_memory"] + np.maximum(0.0, values["php_memory_limit"] - values["child_memory"])


def _pagecache(total: float, visits: Array, content: Stored, values: Values) -> plan.PageCacheLimits:
    size = float(page_cache(total, LARGEST_CACHE_SHARE, content, values)[0])
    return plan.PageCacheLimits(
        size_mib=int(size),
        keys_mib=max(1, math.ceil(size / MIB_PER_KB / values.point("page_bytes") / KEYS_PER_MIB)),
        life_s=round(values.point("page_cache_life")),
        workers=1,
        connections=_connections(total, visits, values),
        memory_mib=int(size + values.point("web_memory")),
    )


def _connections(total: float, visits: Array, values: Values) -> int:
    return math.ceil(float(_taken_connections(total, visits, values)[0]))


def _taken_connections(total: float, visits: Array, values: Values) -> Array:
    """Return the connections (S,) that the front door of a host with ``total`` MiB takes: what visits hold, and what costs next to nothing."""
    cheap = np.minimum(MOST_CHEAP_CONNECTIONS, total * CONNECTIONS_SHARE / values["front_connection_memory"])
    return np.asarray(np.maximum(np.maximum(FEWEST_CONNECTIONS, cheap), _open_connections(visits, values)))


def _open_connections(visits: Array, values: Values) -> Array:
    """Return twice the connections that the visits of the peak hold open (Little's law)."""
    return np.asarray(2 * visits * values["session_minutes"] / 60 * values["connections_per_session"])


def _front_memory(total: float, visits: Array, values: Values) -> Array:
    return np.asarray(values["front_memory"] + _taken_connections(total, visits, values) * values["front_connection_memory"])


def page_cache(total: float, share: float, content: Stored, values: Values) -> Array:
    """Return the page cache's size in MiB (S,): twice the pages, up to a ``share`` of the memory."""
    return np.minimum(np.maximum(SMALLEST_CACHE_MIB, 2 * content.pages * values["page_bytes"] * MIB_PER_KB), total * share)


def object_cache(total: float, share: float, content: Stored, values: Values) -> Array:
    """Return the object cache's size in MiB (S,): what the pages' objects take, up to a ``share`` of the memory."""
    return np.minimum(np.maximum(SMALLEST_CACHE_MIB, content.pages * values["object_bytes"] * MIB_PER_KB), total * share)


def object_cache_memory(objects: Array | float) -> Array:
    """Return the memory in MiB of an object cache that holds ``objects`` MiB."""
    return np.asarray(objects * OBJECT_CACHE_ROOM + OBJECT_CACHE_OWN_MIB)
