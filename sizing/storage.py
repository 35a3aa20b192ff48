"""What stays: pages, database bytes and files at the horizon."""

from dataclasses import dataclass

from sizing.evidence import Evidence
from sizing.workload import Workload

MIB_PER_KB = 1000 / 1024**2
MIB_PER_GIB = 1024


@dataclass(frozen=True)
class Stored:
    """Content at the horizon."""

    pages: int
    database_mib: float
    files_gib: float


def stored(workload: Workload, evidence: Evidence) -> Stored:
    """Return what ``workload`` has written by the horizon of the evidence."""
    days = evidence["working_days_per_month"] * evidence["horizon_months"]
    written = {kind: workload.per_day[kind] * days for kind in ("post", "comment", "wiki_edit", "upload")}
    pages = evidence["first_pages"] + written["post"]
    kilobytes = (
        (evidence["first_pages"] + written["post"]) * evidence["post_stored"]
        + written["comment"] * evidence["comment_stored"]
        + written["wiki_edit"] * evidence["edit_stored"]
    )
    files = written["upload"] * evidence["upload_bytes"] * evidence["upload_stored_factor"]
    return Stored(round(pages), kilobytes * MIB_PER_KB, files * MIB_PER_KB / MIB_PER_GIB)
