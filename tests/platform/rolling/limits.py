"""A limit of each service, and by how much the rolling stories and benchmarks/rolling.py change it: enough to replace the service."""

CHANGES = {
    ("blogs",): ("blogs", "fpm_children", 1),
    ("wiki",): ("wiki", "apcu_mib", 1),
    ("pagecache",): ("pagecache", "memory_mib", 8),
    ("blogs-jobs", "wiki-jobs"): ("jobs", "memory_mib", 8),
    ("database",): ("database", "log_file_mib", 16),
    ("objectcache",): ("objectcache", "memory_mib", 8),
    ("frontdoor",): ("frontdoor", "memory_mib", 8),
}
"""Roles that are replaced: the section of the plan's limits, the limit, and what is added to it."""
