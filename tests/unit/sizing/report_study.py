"""Believable studies for the report: the pilot's desk, and a large company's servers by role. No number here is an answer."""

import math

from sizing.evidence import evidence
from sizing.plan import (
    Announcement,
    Assumption,
    Binding,
    Capacity,
    Desk,
    Growth,
    Inputs,
    Interval,
    Month,
    Peak,
    Plan,
    Purchase,
    Response,
    Sensitivity,
    Server,
    Storage,
    Targets,
)
from sizing.study import CostPoint, CurvePoint, HourLoad, Step, Study
from tests.unit.sample_plan import LIMITS, PLATFORM

WEEK = 168
DAY_SHAPE = (0, 0, 0, 0, 0, 0, 0.03, 0.15, 1.0, 0.8, 0.72, 0.66, 0.42, 0.85, 0.7, 0.6, 0.45, 0.2, 0.06, 0.04, 0.03, 0.02, 0, 0)
CLASSES = {
    "page_signed_in": 0.16,
    "page_anonymous": 0.05,
    "wiki_view": 0.06,
    "media_view": 0.3,
    "asset": 0.4,
    "search": 0.01,
    "comment": 0.005,
    "post": 0.001,
    "login": 0.014,
}
BASE_MS = {"page_signed_in": 110, "page_anonymous": 4, "wiki_view": 160, "media_view": 3, "asset": 2, "search": 190, "comment": 130, "post": 420, "login": 310}
RANKED = (
    ("sessions_per_person_day", 0.34, 0.4, 6, 2.6, 0.45, "visits"),
    ("pages_per_session", 0.17, 2, 14, 1.9, 0.55, "pages"),
    ("busiest_hour_share", 0.12, 0.12, 0.32, 1.5, 0.68, "share"),
    ("ceiling", 0.1, 0.3, 0.9, 1.45, 0.7, "share"),
    ("demand_scale", 0.07, 0.85, 1.4, 1.15, 0.75, "factor"),
    ("burst_factor", 0.06, 1.15, 2.5, 1.25, 0.78, "ratio"),
    ("signed_in_share", 0.04, 0.4, 0.97, 1.2, 0.9, "share"),
    ("mail_clicked_share", 0.03, 0.05, 0.3, 1.1, 0.92, "share"),
    ("page_variation", 0.02, 0.1, 0.8, 1.04, 0.93, "ratio"),
    ("wiki_share", 0.015, 0.08, 0.6, 1.05, 0.95, "share"),
    ("media_per_page", 0.01, 0.3, 4, 1.01, 0.99, "distinct pictures on a page"),
    ("feeds_per_session", 0.005, 0.05, 1.5, 1.0, 0.99, "requests"),
)


def hours(groups: list[tuple[str, float, int, int]]) -> tuple[HourLoad, ...]:
    """Loads of (name, busiest requests/s, hours west of UTC, working days)."""
    found = []
    for name, most, west, days in groups:
        for hour in range(WEEK):
            local = (hour - west) % WEEK
            working = 1.0 - 0.04 * abs(local // 24 - 1) if local // 24 < days else 0.05
            found.append(HourLoad(name, hour, round(most * DAY_SHAPE[local % 24] * working, 6)))
    return tuple(found)


def curve(capacity: float) -> tuple[CurvePoint, ...]:
    """Waiting that grows without end towards 1.25 times the capacity."""
    found = []
    for at in range(1, 27):
        people = capacity * at / 20
        load = at / 25
        wait = load / (1 - load) if load < 1 else math.inf
        found.append(CurvePoint(people, 0.02 + 0.93 * load, 0.85 * load**1.3, 90 + 30 * wait, 260 + 95 * wait, 420 + 190 * wait, max(0.0, load - 0.94)))
    return tuple(found)


def months(ceiling: float, count: int, last_holds: float, load: float) -> tuple[Month, ...]:
    found = []
    for month in range(count):
        share = 1 - math.exp(-0.22 * (month + 1))
        people = ceiling * share
        holds = 1 - (1 - last_holds) * (share / (1 - math.exp(-0.22 * count))) ** 4
        found.append(
            Month(
                month=month,
                date=f"{2027 + month // 12}-{month % 12 + 1:02}",
                taking_part=people,
                taking_part_low=people * 0.55,
                taking_part_high=min(people * 1.5, ceiling * 1.35),
                requests_per_second=load * share,
                requests_per_second_low=load * share * 0.3,
                requests_per_second_high=load * share * 3,
                disk_gib=14 + 0.0004 * ceiling * month,
                disk_gib_high=24 + 0.0012 * ceiling * month,
                holds=holds,
            )
        )
    return tuple(found)


def assumptions() -> tuple[Assumption, ...]:
    known = tuple(Assumption(name=x.name, value=x.value, unit=x.unit, source=x.source, low=x.low, high=x.high, note=x.note) for x in evidence().items)
    demand = Assumption(
        name="demand_page_signed_in", value=34.2, unit="ms of CPU", source="measured: benchmarks/demands.py, 2,000 requests", low=29.0, high=48.0
    )
    stated = Assumption(name="people", value=400, unit="people", source="the brief")
    rule = Assumption(name="page_cache_bypass", value="any session cookie", unit="", source="the platform's own rule: only anonymous pages come from the cache")
    return (*known, demand, stated, rule)


def sensitivity(capacity: float) -> tuple[Sensitivity, ...]:
    return tuple(
        Sensitivity(
            name=name, share=share, low=low, high=high, people_at_low=capacity * at_low, people_at_high=capacity * at_high, unit=unit, source="assumption"
        )
        for name, share, low, high, at_low, at_high, unit in RANKED
    )


def response() -> Response:
    return Response(
        p50={kind: ms * 1.0 for kind, ms in BASE_MS.items()},
        p95={kind: ms * 2.7 for kind, ms in BASE_MS.items()},
        p99={kind: ms * 4.4 for kind, ms in BASE_MS.items()},
        rejected=0.0004,
        hit_ratio={"page_cache": 0.93, "object_cache": 0.97, "buffer_pool": 0.9991},
    )


def steps(people: int) -> tuple[Step, ...]:
    return (
        Step("People", "audience", f"{people:,} people", "the brief"),
        Step("People", "taking part at the horizon", f"{people * 0.62:,.0f} people", "Bass diffusion, 12 months, portal link and mail"),
        Step("Visits", "visits of a day", f"{people * 1.24:,.0f}", "2 visits per person and day"),
        Step("Visits", "visits in the busiest hour", f"{people * 0.27:,.0f}", "share 0.2, busiest weekday 1.1"),
        Step("Requests", "requests per second", f"{people * 0.021:,.1f}", "6 pages a visit; each page its assets; bursts 1.5"),
        Step("Service", "processor time", f"{people * 0.00035:,.2f} cores", "rate x demand, by class (utilisation law)"),
        Step("Servers", "cores at 70 %", f"{people * 0.0005:,.2f} cores", "processors are used to 70 % at most"),
    )


def pilot() -> Study:
    """400 people, four groups, one desk, nothing to buy within the horizon."""
    desk = Server(role="desk", count=1, cores=6, memory_gib=16, disk_gib=480)
    plan = Plan(
        inputs=Inputs(path="/srv/platform/examples/pilot.yaml", digest="9f2c" * 16),
        people=400,
        peak=Peak(
            requests_per_second=13.1,
            hour_utc="Mon 08:10",
            kind="announcement",
            cause="Headquarters",
            month=0,
            sessions_per_hour=190.0,
            by_class={k: v * 13.1 for k, v in CLASSES.items()},
        ),
        servers=(desk,),
        limits=LIMITS,
        binding=Binding(resource="desk.cpu", utilisation=0.31),
        capacity=Capacity(people=1347, first_to_give="the desk's processors (70 % at the peak)"),
        response_p95_ms={kind: ms * 2.7 for kind, ms in BASE_MS.items()},
        response=response(),
        interval=Interval(low=612, high=3140, confidence=0.9, holds=0.962, wanted=0.9, draws=400),
        growth=Growth(
            months=months(248, 13, 0.962, 9.0),
            outgrown_month=None,
            outgrown_date=None,
            earliest_month=None,
            median_month=None,
            because="they hold with 96 % to the end",
            purchases=(),
        ),
        sensitivity=sensitivity(1347),
        announcement=Announcement(
            people=400,
            waves=1,
            when_utc="Mon 08:10",
            month=0,
            requests_per_second=13.1,
            crowd_share=0.44,
            holds=0.962,
            largest_wave=610,
            waves_needed=1,
            words="One mail to all is fine.",
        ),
        desk=Desk(
            verdict="enough",
            until_month=None,
            until_date=None,
            because="it holds all 12 months with 96 %",
            people=1347,
            people_low=612,
            people_high=3140,
            holds=0.962,
        ),
        storage=Storage(
            out_gib_per_month=96.4,
            in_gib_per_month=3.1,
            out_mbit_peak=21.5,
            posts_gib_per_month=0.02,
            media_gib_per_month=1.9,
            binlog_gib=0.4,
            backup_gib=61.0,
            live_gib=24.7,
            retention_months=36,
            live_gib_at_retention=70.2,
        ),
        price_per_month=0.0,
        availability_percent=99.34,
        assumptions=assumptions(),
        targets=Targets(page_p95_ms=800, availability_percent=99.0, horizon_months=12, confidence=0.9, recovery_point_minutes=60, recovery_time_minutes=240),
        survives="power loss (what was saved stays); the loss of its disk back to the last backup",
        platform=PLATFORM,
    )
    groups = [("Headquarters", 5.1, -1, 5), ("Field Americas", 1.9, 6, 5), ("Field Europe", 1.9, 0, 5), ("Field Asia", 1.6, -8, 6)]
    costs = (
        CostPoint(0.5, 0.0, "1 desk", 1),
        CostPoint(0.6, 0.0, "1 desk", 1),
        CostPoint(0.7, 0.0, "1 desk", 1),
        CostPoint(0.8, 0.0, "1 desk", 1),
        CostPoint(0.9, 0.0, "1 desk", 1),
        CostPoint(0.95, 0.0, "1 desk", 1),
        CostPoint(0.99, 90.0, "1 workstation-16", 1),
    )
    return Study(plan, "Example Company", hours(groups), curve(1347), costs, steps(400))


def company() -> Study:
    """A million people in forty groups around the world; outgrown within the horizon."""
    base = pilot().plan
    servers = (
        Server(role="frontdoor", count=3, shape="vm-16", price_per_month=200, cores=16, memory_gib=64, disk_gib=640),
        Server(role="pagecache", count=4, shape="vm-16", price_per_month=200, cores=16, memory_gib=64, disk_gib=640),
        Server(role="web", count=28, shape="server-64", price_per_month=700, cores=64, memory_gib=512, disk_gib=7600),
        Server(role="database", count=3, shape="server-memory-32", price_per_month=720, cores=32, memory_gib=1024, disk_gib=7600),
        Server(role="files", count=3, shape="server-disk-16", price_per_month=480, cores=16, memory_gib=128, disk_gib=80000),
    )
    more = (Server(role="web", count=36, shape="server-64", price_per_month=700, cores=64, memory_gib=512, disk_gib=7600),)
    found = months(620_000, 37, 0.64, 18_400.0)
    outgrown = next(month for month in found if month.holds < 0.8)
    plan = base.model_copy(
        update={
            "inputs": Inputs(path="/srv/platform/briefs/large.yaml", digest="41d0" * 16),
            "people": 1_000_000,
            "peak": Peak(
                requests_per_second=21_480.0,
                hour_utc="Tue 13:00",
                cause="Works 07",
                month=36,
                sessions_per_hour=264_000.0,
                by_class={k: v * 21_480 for k, v in CLASSES.items()},
            ),
            "servers": servers,
            "binding": Binding(resource="web.cpu", utilisation=0.69),
            "capacity": Capacity(people=1_312_000, first_to_give="the web servers' processors (70 % at the peak)"),
            "interval": Interval(low=488_000, high=3_260_000, confidence=0.9, holds=0.64, wanted=0.8, draws=400),
            "growth": Growth(
                months=found,
                outgrown_month=outgrown.month,
                outgrown_date=outgrown.date,
                earliest_month=5,
                median_month=None,
                because="the web servers' processors give first",
                purchases=(
                    Purchase(
                        month=outgrown.month,
                        date=outgrown.date,
                        order_by_month=outgrown.month - 2,
                        order_by_date=found[outgrown.month - 2].date,
                        servers=more,
                        price_per_month=25_200,
                        because="web servers' processors, with 80 %",
                    ),
                ),
            ),
            "sensitivity": sensitivity(1_312_000),
            "announcement": Announcement(
                people=1_000_000,
                waves=1,
                when_utc="Mon 08:10",
                month=0,
                requests_per_second=52_300.0,
                crowd_share=0.83,
                holds=0.21,
                largest_wave=140_000,
                waves_needed=8,
                words="Sent at once it is turned away at the front door; sent site by site it is not.",
            ),
            "desk": Desk(
                verdict="not enough",
                until_month=None,
                until_date=None,
                because="its processors give at 1,347 people",
                people=1347,
                people_low=612,
                people_high=3140,
                holds=0.0,
            ),
            "storage": Storage(
                out_gib_per_month=241_000,
                in_gib_per_month=7_700,
                out_mbit_peak=38_200,
                posts_gib_per_month=48,
                media_gib_per_month=4_700,
                binlog_gib=900,
                backup_gib=152_000,
                live_gib=61_300,
                retention_months=None,
                live_gib_at_retention=None,
            ),
            "price_per_month": 24_600.0,
            "availability_percent": 99.982,
            "targets": base.targets.model_copy(update={"horizon_months": 36, "confidence": 0.8, "availability_percent": 99.9}),
            "survives": "any one host of each role",
        }
    )
    zones = (-9, -8, -5, -1, 0, 3, 5, 6, 8)
    groups = [(f"Works {at:02}", 2_000 / (1 + at * 0.35), zones[at * 4 % len(zones)], 6 if at % 9 == 0 else 5) for at in range(40)]
    names = ((0.5, 14_900, 25), (0.6, 17_100, 28), (0.7, 21_000, 34), (0.8, 24_600, 41), (0.9, 38_900, 61), (0.95, 57_000, 86))
    costs = tuple(CostPoint(sure, price, f"3 vm-16, 4 vm-16, {n - 13} server-64, 3 server-memory-32, 3 server-disk-16", n) for sure, price, n in names)
    return Study(plan, "Weltfirma AG", hours(groups), curve(1_312_000), (*costs, CostPoint(0.99, None, "", 0)), steps(1_000_000))
