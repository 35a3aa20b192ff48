"""The way from people to servers, each number on it: what ``plan size --explain`` prints and the report ends with."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from sizing.capacity import LATE, State
from sizing.demands import AT, CLASSES
from sizing.observed import SOURCE as OBSERVED
from sizing.parts import first_to_give, middle
from sizing.question import Answer
from sizing.study import Step
from sizing.workload import CACHED, has_wiki, per_visit

PEOPLE, PEAK, CACHES, PROCESSORS, WAITING, SERVERS = (
    "From people to visits", "From visits to requests", "What caches answer", "What reaches the processors", "Waiting and response", "From load to servers",
)  # fmt: skip
ROUND: Final = 1000
VISIT: Final = {"pages_per_session": "pages of one visit", "signed_in_share": "of these on blogs, read signed in", "wiki_share": "in the wiki"}


def steps(answer: Answer) -> tuple[Step, ...]:
    """Return the way from people to servers, at the medians of all numbers."""
    state = answer.at_peak
    before = (*_people(answer, state), *_requests(answer, state), *_caches(answer, state), *_measured(answer))
    return (*before, *_processors(state), *_waiting(state), *_servers(answer, state))


def _people(answer: Answer, state: State) -> Iterator[Step]:
    case, values, month = answer.median, answer.median.values, state.moment.month
    whole = case.workload
    yield Step(PEOPLE, "people in the audience", f"{whole.people:,}", "the brief: the sum of all groups")
    yield Step(PEOPLE, "share that ever takes part", _share(values.point("ceiling")), _known(answer, "ceiling"))
    heard = ", ".join(sorted({kind for kind, _ in whole.line.channels})) or "no channel is named: everyone counts from the first day"
    yield Step(PEOPLE, f"take part by month {month}", _share(float(whole.adoption[0, month])), f"Bass diffusion from {heard}, times the ceiling")
    yield Step(PEOPLE, f"people who take part in month {month}", f"{float(whole.active(month)[0]):,.0f}", "people x share x growth of the audience")
    yield Step(PEOPLE, "visits of one of them on a working day", f"{values.point('sessions_per_person_day'):g}", _known(answer, "sessions_per_person_day"))
    yield Step(PEOPLE, "share of a day's visits in its busiest hour", _share(values.point("busiest_hour_share")), "busiest_hour_share, by group and time zone")


def _requests(answer: Answer, state: State) -> Iterator[Step]:
    values, moment = answer.median.values, state.moment
    ordinary = moment.kind == "ordinary"
    kind = "an ordinary hour" if ordinary else f"the crowd after a mail to everyone ({moment.mail}), and those who come anyway"
    yield Step(PEAK, "worst moment", f"{moment.when} UTC", f"{kind}; most of it comes from {moment.cause}")
    yield Step(PEAK, "visits an hour then", f"{float(moment.visits[0]):,.1f}", "people x visits x share of the hour, all groups")
    yield Step(PEAK, "busiest minutes over the hour's mean", f"{values.point('burst_factor'):g}", "burst_factor; a mail's crowd is a curve of its own")
    for name, what in VISIT.items():
        yield Step(PEAK, what, f"{values.point(name):.4g}", _known(answer, name))
    mix = per_visit(values, wiki=has_wiki(answer.brief, "internal", "external"), internal=True)[0]
    how = "visits x requests of a visit x burst / 3600" if ordinary else "the crowd's visits, each with a sign-in, and the ordinary ones x burst / 3600"
    yield Step(PEAK, "requests of one ordinary visit inside", f"{float(np.sum(mix)):.2f}", "pages, feeds, searches, pictures, styles, and what is written")
    for name, rate in sorted(moment.by_class().items(), key=lambda pair: -pair[1]):
        if rate:
            yield Step(PEAK, f"requests per second: {name}", f"{rate:.4g}", how)
    yield Step(PEAK, "requests per second in all", f"{float(np.sum(moment.rates[0])):.4g}", "the sum")


def _caches(answer: Answer, state: State) -> Iterator[Step]:
    content, hits = state.content, state.network.hits
    yield Step(CACHES, f"pages after {state.case.horizon} months", f"{float(content.pages[0]):,.0f}", "first_pages and what is posted")
    yield Step(CACHES, "Zipf exponent of their popularity", f"{state.case.values.point('zipf_exponent'):g}", _known(answer, "zipf_exponent"))
    how = "renewals between filling and end of life or purge; Che's characteristic time where room is short"
    yield Step(CACHES, "hit ratio of the page cache", _share(float(hits.pages[0])), how + _seen_hits(answer))
    yield Step(CACHES, "hit ratio of the object cache", _share(float(hits.objects[0])), "the same, entries without an end of life")
    yield Step(CACHES, "hit ratio of the buffer pool", _share(float(hits.rows[0])), "the same, rows of a page as one entry")


def _measured(answer: Answer) -> Iterator[Step]:
    """Yield where the demands come from, where they are not the evidence's."""
    using = answer.question.measuring
    if using is not None:
        mix = using.measurements.mix
        yield Step(
            PROCESSORS, "a request of the mix that was measured", f"{mix.value:.3g} ms ({mix.low:.3g} to {mix.high:.3g})", f"{using.source}; {using.words}"
        )


def _processors(state: State) -> Iterator[Step]:
    network, host = state.network, state.layout.host
    for kind in CLASSES:
        at = AT[kind]
        if state.moment.rates[0, at]:
            reached = float(network.reaching[0, at])
            words = f"{reached:.4g}/s x {1000 * float(network.work[0, at]):.3g} ms"
            yield Step(PROCESSORS, f"busy cores: {kind}", f"{reached * float(network.work[0, at]):.4f}", words)
    answered = float(network.offered[0, -1]) * state.layout.boxes
    yield Step(
        PROCESSORS, "busy cores: answered by the page cache", f"{answered * float(network.front_hit[0]) / float(network.speed[0]):.4f}", f"{answered:.4g}/s"
    )
    yield Step(
        PROCESSORS,
        "utilisation of the processors",
        _share(float(network.cpu[0])),
        f"the sum and the background, over {host.cores} cores of {state.layout.boxes}",
    )
    if state.layout.by_role:
        yield Step(PROCESSORS, "utilisation of the database", _share(float(network.database_utilisation[0])), "its demand over its speed (USL)")


def _waiting(state: State) -> Iterator[Step]:
    solved = state.network.solved
    for at, (role, busy) in enumerate(state.network.pools.items()):
        places = f"{int(state.memory.children[0])} children"
        yield Step(WAITING, f"PHP processes busy: {role}", _share(float(busy[0])), f"finite pool of {places}, held while the database answers")
        yield Step(
            WAITING, f"mean wait for one: {role}", f"{1000 * float(solved.wait[0, at]):.3g} ms", "birth and death of the requests inside and in the queue"
        )
    yield Step(WAITING, "turned away (503)", _share(float(np.max(solved.rejected[0]))), f"after {state.case.values.point('queue_timeout'):g} s in the queue")
    for share, name in ((0.5, "half"), (0.95, "95 of 100"), (0.99, "99 of 100")):
        found = state.milliseconds(share)
        slowest = max((kind for kind in found if kind in {*CACHED, "page_signed_in", "wiki_view"}), key=lambda kind: found[kind])
        yield Step(WAITING, f"{name} of the slowest pages", f"{found[slowest]:.0f} ms", slowest)


def _servers(answer: Answer, state: State) -> Iterator[Step]:
    for use in (use for use in (*state.uses, *state.rooms) if "." in use.resource):
        yield Step(SERVERS, f"{use.resource} used", f"{float(use.utilisation[0]):.3g}", f"limit {use.limit:g}: {use.words}")
    yield Step(SERVERS, "pages later than the target", _share(float(state.late[0])), f"of the slowest class; up to {LATE:.0%} may be")
    yield Step(SERVERS, "chosen", answer.rung.words(), "the cheapest of the catalogue that holds with the wanted confidence; what is there costs nothing")
    people = float(answer.people[0])
    yield Step(SERVERS, "people that they carry, every number at its median", f"{people:,.0f}", f"then gives {first_to_give(answer).words}")
    yield Step(
        SERVERS, "people that they carry, median of the draws", f"{middle(answer.people):,.0f}", "wide spreads are not even: their median lies elsewhere"
    )
    low, high = (float(np.quantile(answer.people[1:], share)) for share in (0.05, 0.95))
    yield Step(SERVERS, "people that they carry, 90 % interval", f"{low:,.0f} to {high:,.0f}", f"{answer.question.draws:,} draws of every number")
    holds = answer.outlook.holds(answer.case.horizon)
    yield Step(SERVERS, f"they hold for {answer.case.horizon} months", _share(holds), f"share of the draws; wanted: {answer.brief.targets.confidence:.0%}")


def _known(answer: Answer, name: str) -> str:
    """Return a number's name, and where it was observed, when and within which interval."""
    found = answer.question.numbers.quantity(name)
    return f"{name}, {found.source}; {found.note}".removesuffix("; ") if found.source.startswith(OBSERVED) else name


def _seen_hits(answer: Answer) -> str:
    """Return what was observed of the page cache, beside what the model says of the peak."""
    held = answer.question.calibration
    number = held.observations.numbers.get("page_cache_hit_ratio") if held and held.observations else None
    return f"; observed over all hours: {number.value:.1%} ({number.low:.1%} to {number.high:.1%})" if number else ""


def _share(share: float) -> str:
    return f"{share:.1%}" if share * ROUND >= 1 or not share else f"{share:.2g}"
