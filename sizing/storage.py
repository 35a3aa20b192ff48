"""What stays and what travels: pages, database bytes, files, binlog, backups; bytes in and out."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing.demands import AT, CLASSES
from sizing.evidence import Array, Values
from sizing.workload import Workload

MIB_PER_KB: Final = 1000 / 1024**2
MIB_PER_GIB: Final = 1024
BYTES: Final = {"asset": "asset_bytes", "media_view": "media_bytes"}
MBIT_PER_KB: Final = 8 / 1000


@dataclass(frozen=True)
class Stored:
    """Content at the end of a month (S,): pages, database MiB; in GiB files, binlog kept at once, one dump, backups.

    ``backups_here``: they lie on the platform's own disk.
    """

    pages: Array
    database_mib: Array
    files_gib: Array
    binlog_gib: Array
    dump_gib: Array
    backup_gib: Array
    backups_here: bool = False

    @property
    def live_gib(self) -> Array:
        """On the platform's own disks: content, binlog, one dump on its way into a backup, and backups that lie nowhere else."""
        content = self.database_mib / MIB_PER_GIB + self.files_gib + self.binlog_gib + self.dump_gib
        return np.asarray(content + self.backup_gib if self.backups_here else content)


def stored(whole: Workload, values: Values, month: int, factor: Array | float = 1.0, *, backups_here: bool = False) -> Stored:
    """Return what ``factor`` times the people have written by the end of ``month``; nothing is deleted."""
    taking_part = whole.adoption[:, : month + 1] * whole.growth[:, : month + 1]
    days = values["working_days_per_month"] * np.sum(taking_part[:, 1:], axis=1)
    last_month = values["working_days_per_month"] * taking_part[:, -1]
    written = {kind: whole.daily[:, AT[kind]] * factor for kind in ("post", "comment", "wiki_edit", "upload")}
    pages = values["first_pages"] + written["post"] * days
    row_kb = written["post"] * values["post_stored"] + written["comment"] * values["comment_stored"] + written["wiki_edit"] * values["edit_stored"]
    database = (values["first_pages"] * values["post_stored"] + row_kb * days) * MIB_PER_KB
    files = written["upload"] * days * values["upload_bytes"] * values["upload_stored_factor"] * MIB_PER_KB / MIB_PER_GIB
    binlog = row_kb * last_month / 30 * values["binlog_days"] * values["binlog_factor"] * MIB_PER_KB / MIB_PER_GIB
    dump = database / MIB_PER_GIB * values["dump_factor"]
    backup = (database / MIB_PER_GIB + files) * values["backup_factor"]
    return Stored(pages, database, files, binlog, dump, backup, backups_here)


def out_mbit(rates: Array, values: Values) -> Array:
    """Return the traffic (S,) out to people in Mbit/s at ``rates`` (S, C)."""
    return np.asarray(sum(rates[:, AT[kind]] * values[BYTES.get(kind, "page_bytes")] for kind in CLASSES) * MBIT_PER_KB)


def in_mbit(rates: Array, values: Values) -> Array:
    """Return the traffic (S,) in from people in Mbit/s at ``rates`` (S, C): uploads; requests themselves are small."""
    return np.asarray(rates[:, AT["upload"]] * values["upload_bytes"] * MBIT_PER_KB)
