"""Compare the model with published and measured pairs of load and hardware (sizing/evidence/published.yaml).

    python -m benchmarks.published

Nothing is fitted to these pairs. Where a pair's hardware and software are like ours, the model must agree within its factor;
where they differ (another decade, another program, cores not said), what is compared and why they differ is said beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.machine import write
from sizing.demands import AT, demands
from sizing.evidence import evidence, read
from sizing.queueing import usl_speedup


@dataclass(frozen=True)
class Row:
    """One compared figure; ``like`` says whether hardware and software are like those that were measured here."""

    pair: str
    figure: str
    published: float
    model: float
    like: bool
    why: str

    @property
    def ratio(self) -> float:
        """Model over published."""
        return self.model / self.published


def _demand(kind: str) -> float:
    """Return CPU seconds of one request of a class on one core of the measured machine."""
    found = demands().medians(evidence().medians())
    return float(found.php[0, AT[kind]] + found.database[0, AT[kind]])


def _stock(pair: dict[str, Any]) -> Iterator[Row]:
    pages = pair["observed"]["pages_per_second"]
    yield Row(
        pair["id"],
        "uncached pages/s on both cores",
        pages,
        pair["hardware"]["cores"] / _demand("page_anonymous"),
        False,
        "Apache with mod_php; the generator held part of the two cores",
    )


def _fpm(pair: dict[str, Any]) -> Iterator[Row]:
    yield Row(
        pair["id"],
        "uncached pages/s on both cores",
        pair["observed"]["pages_per_second"],
        2 / _demand("page_anonymous"),
        True,
        "another theme: 43 to 55 ms a page",
    )


def _hits(pair: dict[str, Any]) -> Iterator[Row]:
    front = demands().medians(evidence().medians())
    each = float(front.frontdoor[0] + front.pagecache[0])
    yield Row(
        pair["id"],
        "cached pages/s on both cores",
        pair["observed"]["pages_per_second"],
        2 / each,
        False,
        "ours passes TLS and a front door as well, theirs nginx alone",
    )


def _article(pair: dict[str, Any]) -> Iterator[Row]:
    cpu = pair["observed"]["cpu_ms_a_page"]
    yield Row(pair["id"], "CPU ms of a page, signed in", cpu["signed_in"], 1000 * _demand("wiki_view"), True, "as deployed: PHP tuned, Valkey beside it")
    yield Row(
        pair["id"], "CPU ms of an edit", cpu["edit_by_api"], 1000 * _demand("wiki_edit"), False, "ours: form and the page that follows, theirs the API alone"
    )


def _old_wiki(pair: dict[str, Any]) -> Iterator[Row]:
    yield Row(pair["id"], "a page alone, ms", pair["observed"]["alone_ms"], 1000 * _demand("wiki_view"), False, "software and processors of 2011")


def _linode(pair: dict[str, Any]) -> Iterator[Row]:
    yield Row(
        pair["id"], "uncached pages/s, one core", pair["observed"]["pages_per_second"], 1 / _demand("page_anonymous"), False, "cores not said; taken as one"
    )


def _usl(pair: dict[str, Any]) -> Iterator[Row]:
    table = pair["observed"]["queries_per_second"]
    one = table[1]
    sigma, kappa = evidence()["database_contention"], evidence()["database_coherence"]
    for threads in (8, 16, 32):
        speed = float(usl_speedup(threads, sigma, kappa))
        yield Row(
            pair["id"],
            f"queries/s at {threads} threads over one",
            table[threads] / one,
            speed,
            False,
            "our medians of sigma and kappa, not the fit to these points",
        )


def _front(pair: dict[str, Any]) -> Iterator[Row]:
    each = float(demands().medians(evidence().medians()).frontdoor[0])
    cores = pair["hardware"]["cores"]
    why = "plain HTTP and smallest requests; ours has TLS, logs, rules and a low rate"
    yield Row(pair["id"], f"requests/s of {cores} cores", pair["observed"]["requests_per_second"], cores / each, False, why)


COMPARED: dict[str, Callable[[dict[str, Any]], Iterator[Row]]] = {
    "own-wordpress-stock": _stock,
    "own-wordpress-fpm": _fpm,
    "own-nginx-microcache": _hits,
    "own-mediawiki": _article,
    "mediawiki-apc-2011": _old_wiki,
    "linode-wordpress-2021": _linode,
    "mysql-cisco": _usl,
    "haproxy-2021-x86": _front,
    "haproxy-2021-arm": _front,
}


def main() -> None:
    """Compare, print and keep."""
    pairs: list[dict[str, Any]] = read("published.yaml")
    rows = [row for pair in pairs if pair["id"] in COMPARED for row in COMPARED[pair["id"]](pair)]
    left = [{"id": pair["id"], "why": "not said closely enough, or none of the model's"} for pair in pairs if pair["id"] not in COMPARED]
    like = [abs(np.log(row.ratio)) for row in rows if row.like]
    kept = {
        "rows": [{**row.__dict__, "ratio": round(row.ratio, 3)} for row in rows],
        "not_compared": left,
        "like_ours": {"n": len(like), "median_factor": round(float(np.exp(np.median(like))), 3), "worst_factor": round(float(np.exp(max(like))), 3)},
    }
    write("published", kept)
    for row in rows:
        told = "like ours" if row.like else "other"
        print(f"{row.pair:22} {row.figure:36} published {row.published:9.4g}  model {row.model:9.4g}  ratio {row.ratio:5.2f}  {told}: {row.why}")


if __name__ == "__main__":
    main()
