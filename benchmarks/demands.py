"""Measure the service demand of each request class on a deployed platform, and write sizing/evidence/demands.yaml.

    python -m benchmarks.demands NAME [--rounds N]

One request at a time, in a marked test space that is removed afterwards. Demand is the CPU time that the engine accounts
to each service's containers (their control groups), less what they take when idle, divided by the requests
(utilisation law: D = U T / C). 'wait' is the rest of the elapsed time. Spread is the standard deviation between batches.
"""

import argparse
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

import requests

from benchmarks.machine import describe
from infra.deployment import Deployment, load
from loadtests import resolve, spaces, target
from loadtests.accounting import account
from loadtests.accounts import cpu_ms
from loadtests.load import Manner
from loadtests.steps import blog, wiki
from loadtests.steps.document import Form
from loadtests.steps.picture import png
from loadtests.steps.visit import Answer, Visitor
from sizing import demands
from sizing.evidence import FOLDER

OUT = FOLDER / "demands.yaml"
ROLES = ("frontdoor", "pagecache", "blogs", "wiki", "database", "objectcache")
BATCHES = 5
CONNECTION = "connection"
"""An action that measures what opening one takes, for a request of any class."""
IDLE_S = 15


@dataclass
class Meter:
    """CPU time by role, from the engine's accounting."""

    deployment: Deployment
    idle: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find each container's CPU accounting."""
        self.accounts = {role: account(self.deployment.container(role)) for role in ROLES}

    def read(self) -> dict[str, float]:
        """Return CPU ms so far by role."""
        return {role: cpu_ms(path) for role, path in self.accounts.items()}

    def rest(self) -> None:
        """Measure what the services take when nobody asks."""
        self.idle = {}
        before, start = self.read(), time.monotonic()
        time.sleep(IDLE_S)
        elapsed = time.monotonic() - start
        self.idle = {role: (now - before[role]) / elapsed for role, now in self.read().items()}

    @contextmanager
    def measured(self) -> Iterator[dict[str, float]]:
        """Fill the yielded mapping with CPU ms by role, and ``elapsed`` ms."""
        found: dict[str, float] = {}
        before, start = self.read(), time.monotonic()
        yield found
        elapsed = time.monotonic() - start
        found.update({role: max(0.0, now - before[role] - self.idle[role] * elapsed) for role, now in self.read().items()})
        found["elapsed"] = elapsed * 1000


@dataclass(frozen=True)
class Action:
    """What is asked for one class: ``prepare`` is not measured, ``act`` is, ``rounds`` times a batch."""

    kind: str
    service: str
    rounds: int
    act: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    what: str = ""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Measure service demands on a deployed platform.")
    parser.add_argument("name", help="deployment")
    parser.add_argument("--rounds", type=int, default=12, help="requests in a batch")
    options = parser.parse_args()
    deployment = load(options.name)
    with _space(deployment) as made:
        lines = _measure(deployment, made, options.rounds)
    machine = describe()
    measured_on = f"{machine['processor']}, {machine['cores']} cores, {machine['date']}, benchmarks/demands.py"
    OUT.write_text(demands.written(measured_on, BATCHES, lines), encoding="utf-8")
    print(f"written: {OUT}")


@contextmanager
def _space(deployment: Deployment) -> Iterator[spaces.Spaces]:
    journal = spaces.begin(deployment)
    try:
        yield spaces.create(deployment, journal, spaces.Size(readers=1, authors=1, editors=1, posts=20, pages=20))
    finally:
        for problem in spaces.remove(deployment, journal):
            print(problem)


def _measure(deployment: Deployment, made: spaces.Spaces, rounds: int) -> list[dict[str, Any]]:
    hosts = target.build(deployment, made, Path("-"), 1, Manner()).hosts
    resolve.install(hosts, deployment.address, deployment.ports[1])
    meter = Meter(deployment)
    actions = _actions(deployment, made, rounds)
    meter.rest()
    lines: list[dict[str, Any]] = []
    for action in actions:
        batches = [_batch(meter, action) for _ in range(BATCHES + 1)][1:]
        lines += _lines(action, batches, lines)
        print(
            *(f"{line['class']:16} {line['resource']:10} {line['value']:8.2f} ± {line['spread']:.2f} ms" for line in lines if line["class"] == action.kind),
            sep="\n",
        )
    return lines


def _batch(meter: Meter, action: Action) -> dict[str, float]:
    ready = [action.prepare() for _ in range(action.rounds)]
    with meter.measured() as found:
        for one in ready:
            action.act(one)
    return {role: value / action.rounds for role, value in found.items()}


def _lines(action: Action, batches: list[dict[str, float]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one line for each resource; what is the same for each class (front door, cache) comes from the cached page alone, which comes ``before``."""
    roles: dict[str, tuple[str, ...]]
    if action.kind == CONNECTION:
        roles = {"connection": ("frontdoor",)}
    elif action.kind == "any":
        roles = {"frontdoor": ("frontdoor",), "pagecache": ("pagecache",)}
    elif action.kind in {"media_view", "asset"}:
        roles = {"nginx": (action.service,)}
    else:
        roles = {"php": (action.service,), "database": ("database", "objectcache")}
    source = f"measured: CPU time of {{}}, {BATCHES} batches of {action.rounds}, {action.what}"
    lines = [
        _line(action, resource, [sum(batch[role] for role in held) for batch in batches], source.format(" and ".join(held))) for resource, held in roles.items()
    ]
    if action.kind == CONNECTION:
        kept = next(line["value"] for line in before if (line["class"], line["resource"]) == ("any", "frontdoor"))
        return [{**line, "class": "any", "value": round(line["value"] - kept, 2)} for line in lines]
    if action.kind != "any":
        waits = [max(0.0, batch["elapsed"] - sum(batch[role] for role in ROLES)) for batch in batches]
        lines.append(_line(action, "wait", waits, f"measured: elapsed less CPU time, alone, {BATCHES} batches of {action.rounds}"))
    return lines


def _line(action: Action, resource: str, values: list[float], source: str) -> dict[str, Any]:
    return {
        "class": action.kind,
        "resource": resource,
        "value": round(statistics.median(values), 2),
        "spread": round(statistics.stdev(values), 2),
        "batch": action.rounds,
        "unit": "ms",
        "source": source,
    }


def _actions(deployment: Deployment, made: spaces.Spaces, rounds: int) -> list[Action]:
    site, posts, number = made.blog.site_url, made.blog.posts, count()
    stranger, reader, author, editor = (_visitor(deployment) for _ in range(4))
    blog.sign_in(reader, site, made.blog.people("subscriber")[0])
    blog.sign_in(author, site, made.blog.people("author")[0])
    desk = blog.open_editor(author, site)
    pages, wiki_user = made.wiki.pages, made.wiki.users[0]
    wiki.sign_in(editor, editor.get("wiki-page", pages[0].url), wiki_user)
    picture = blog.upload(author, desk, f"{made.token}.png", png(made.token))
    few = max(2, rounds // 3)

    def post(_: object = None) -> Any:  # noqa: ANN401 - an item
        return posts[next(number) % len(posts)]

    def fresh(url: str) -> str:
        return f"{url}{'&' if '?' in url else '?'}fresh={next(number)}"

    def comment_form() -> Any:  # noqa: ANN401 - a form
        page = blog.read_post(reader, post().url, "")
        form = _there(page.document.form("comment"), page.url)
        return form.action, {**form.fields, "comment": f"A measured comment {next(number)}."}

    def edit_form() -> Any:  # noqa: ANN401 - a form
        page = pages[next(number) % len(pages)]
        form = _there(editor.get("wiki-editor", f"{page.url}?action=edit").document.form("wpTextbox1"), page.url)
        return form.action, {**form.fields, "wpTextbox1": f"Measured {next(number)}.", "wpSave": "1"}

    return [
        Action("page_anonymous", "blogs", rounds, lambda _: stranger.get("p", fresh(post().url)), what="a post that no cache holds, nginx included"),
        Action("page_signed_in", "blogs", rounds, lambda _: reader.get("p", post().url), what="a post, nginx included"),
        Action("feed", "blogs", rounds, lambda _: stranger.get("f", fresh(f"{site}feed/")), what="20 posts"),
        Action("search", "blogs", rounds, lambda _: reader.get("s", f"{site}?s=test+{next(number)}"), what="20 posts, signed in"),
        Action("comment", "blogs", few, lambda form: reader.post("c", *form), comment_form, what="and the page that follows"),
        Action(
            "post", "blogs", few, lambda _: blog.publish(author, desk, f"Measured {next(number)}", "Text. " * 100, picture), what="REST, as the editor does"
        ),
        Action(
            "upload", "blogs", few, lambda _: blog.upload(author, desk, f"m{next(number)}.png", png(str(next(number)), 1600, 1200)), what="1600 by 1200 pixels"
        ),
        Action(
            "sign_in",
            "blogs",
            few,
            lambda one: blog.sign_in(one, site, made.blog.people("subscriber")[0]),
            lambda: _visitor(deployment),
            what="form, password, page",
        ),
        Action("media_view", "blogs", rounds * 4, lambda _: stranger.get("m", picture), what="a picture of 30 kB"),
        Action("asset", "blogs", rounds * 4, lambda _: stranger.get("a", f"{site}wp-includes/js/jquery/jquery.min.js"), what="a script of 90 kB"),
        Action("wiki_view", "wiki", rounds, lambda _: editor.get("w", pages[next(number) % len(pages)].url), what="signed in, nginx included"),
        Action("wiki_edit", "wiki", few, lambda form: editor.post("e", *form), edit_form, what="form, and the page that follows"),
        Action("any", "frontdoor", rounds * 10, lambda _: stranger.get("h", posts[0].url), what="a page that the cache holds"),
        Action(
            CONNECTION, "frontdoor", rounds * 10, lambda _: _visitor(deployment).get("h", posts[0].url), what="the same on a new connection, less a kept one"
        ),
    ]


def _there(form: Form | None, url: str) -> Form:
    if form is None:
        raise RuntimeError(f"{url} shows no form: what it takes to send one cannot be measured")
    return form


def _visitor(deployment: Deployment) -> Visitor:
    session = requests.Session()
    session.trust_env, session.verify = False, str(deployment.ca_file)

    @contextmanager
    def send(method: str, url: str, *, name: str, catch_response: bool, **options: Any) -> Iterator[Answer]:  # noqa: ANN401, ARG001 - as Locust has it
        answer = session.request(method, url, **options)
        answer.failure = lambda _: None  # type: ignore[attr-defined]
        yield cast("Answer", answer)

    return Visitor(send)


if __name__ == "__main__":
    socket.setdefaulttimeout(30)
    main()
