"""The report is one page that fetches and runs nothing, says the same in words as in figures, and survives any brief."""

import math
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from sizing.plan import Growth, Plan
from sizing.report import page
from sizing.report.drawing import shade, spread
from sizing.report.figures import cost, growth, response, sensitivity, week
from sizing.report.figures.cost import levels
from sizing.report.figures.lines import cut
from sizing.report.figures.week import gathered
from sizing.report.words import chance, clean, heads, kind_of, rounded, shared, short
from sizing.study import CostPoint, CurvePoint, HourLoad, Study
from tests.unit.sample_plan import SAMPLE
from tests.unit.sizing.report_study import company, hours, pilot

SECTIONS = (
    "servers", "desk", "peak", "week", "response", "growth", "cost", "sensitivity",
    "announcement", "purchases", "storage", "responses", "steps", "assumptions", "made",
)  # fmt: skip
FIGURES = ("week", "response", "growth", "cost", "sensitivity")
VOID = {"meta", "br"}
HOSTILE = "<script>alert('x')</script>\"&{{ 7 * 7 }}\u202e"
BARE = Study(SAMPLE, "Sample Ltd", (), (), (), ())


class Outline(HTMLParser):
    """Tags with their attributes, text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def small() -> str:
    return page(pilot())


@pytest.fixture(scope="module")
def large() -> str:
    return page(company())


def with_plan(study: Study, **changes: object) -> Study:
    return replace(study, plan=study.plan.model_copy(update=changes))


def test_nothing_is_fetched_or_run(small: str, large: str) -> None:
    for text in (small, large):
        outline = Outline(text)
        assert not outline.open
        assert not {"script", "link", "img", "image", "iframe", "object", "use", "style_"} & {tag for tag, _ in outline.found}
        for _, attributes in outline.found:
            assert not {name for name in attributes if name in {"src", "srcset", "style"} or name.startswith("on")}
            assert attributes.get("href", "#").startswith("#")
            assert "url(" not in "".join(attributes.values()).replace("url(#", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text
        assert "default-src 'none'" in text


def test_the_same_study_gives_the_same_bytes(small: str) -> None:
    assert page(pilot()) == small


def test_a_page_is_small(small: str, large: str) -> None:
    assert max(len(small.encode()), len(large.encode())) < 1_500_000


def test_every_section_is_there_in_its_order(small: str) -> None:
    for text in (small, page(BARE)):
        assert tuple(attributes["id"] for attributes in Outline(text).of("section")) == SECTIONS


def test_every_figure_says_in_words_what_it_shows(small: str, large: str) -> None:
    for text in (small, large):
        outline = Outline(text)
        ids = [attributes["id"] for _, attributes in outline.found if "id" in attributes]
        assert len(ids) == len(set(ids))
        drawn = outline.of("svg")
        assert [svg["aria-labelledby"] for svg in drawn] == [f"{key}-title" for key in FIGURES]
        for svg in drawn:
            assert svg["role"] == "img"
            assert {svg["aria-labelledby"], svg["aria-describedby"]} <= set(ids)
        captions = text.split("<figcaption")[1:]
        assert all(any(sign.isdigit() for sign in caption.split("</figcaption>")[0].partition(">")[2]) for caption in captions)


def test_every_table_has_headers_and_a_caption(large: str) -> None:
    outline = Outline(large)
    assert outline.of("html") == [{"lang": "en"}]
    assert len(outline.of("table")) == len(outline.of("caption"))
    scopes = [attributes["scope"] for attributes in outline.of("th")]
    assert scopes.count("row") == large.count("<tr>") - large.count("<thead>")


def test_the_answer_is_one_sentence_with_its_certainty(small: str, large: str) -> None:
    assert (
        "400 people need 1 desk with 6 cores, 16 GiB of memory and 480 GiB of disk: it carries 1,347 people at the median of the draws "
        "(90 % interval 612 to 3,140), and holds all 12 months with a probability of 96 %, which reaches the 90 % that is wanted."
    ) in Outline(small).text.replace("\u00a0", " ")
    assert "which does NOT reach the 80" in large
    assert 'class="answer short"' in large


def test_what_a_brief_names_stays_text() -> None:
    base = pilot()
    groups = [(f"{HOSTILE} {at}", 5.0 - at, at, 5) for at in range(3)]
    plan = base.plan
    changes = {
        "peak": plan.peak.model_copy(update={"cause": HOSTILE, "hour_utc": HOSTILE, "by_class": {HOSTILE: 3.0}}),
        "servers": tuple(server.model_copy(update={"shape": HOSTILE, "role": HOSTILE}) for server in plan.servers),
        "sensitivity": tuple(row.model_copy(update={"name": HOSTILE, "unit": HOSTILE, "source": HOSTILE}) for row in plan.sensitivity),
        "assumptions": tuple(item.model_copy(update={"name": HOSTILE, "note": HOSTILE, "source": HOSTILE}) for item in plan.assumptions),
        "survives": HOSTILE,
        "inputs": plan.inputs.model_copy(update={"path": HOSTILE}),
    }
    steps = tuple(replace(step, chapter=HOSTILE, what=HOSTILE, how=HOSTILE) for step in base.steps)
    costs = tuple(replace(point, servers=HOSTILE) for point in base.costs)
    text = page(with_plan(replace(base, company=HOSTILE, hours=hours(groups), steps=steps, costs=costs), **changes))
    outline = Outline(text)
    assert not outline.of("script")
    assert not outline.open
    assert "\u202e" not in text
    assert "{{ 7 * 7 }}" in outline.text
    assert "<script>alert('x')</script>" in outline.text


def test_a_study_without_anything_says_so() -> None:
    outline = Outline(page(BARE))
    assert not outline.of("svg")
    for words in (
        "No load by hour",
        "No curve",
        "No growth",
        "No cost",
        "No number is uncertain",
        "No mail goes",
        "No machine that is there",
        "were not worked out",
    ):
        assert words in outline.text
    assert "None" not in outline.text


def test_what_has_no_end_is_cut() -> None:
    endless = tuple(CurvePoint(people, 0.5, math.inf, math.inf, math.inf, math.inf, math.nan) for people in (0.0, 10.0, math.inf))
    drawn = response(replace(BARE, curve=endless))
    assert drawn
    assert "no end (p95" in drawn.caption
    assert cut([(0, 1), (1, 2), (2, 6), (3, 1)], 4) == [(0, 1), (1, 2), (1.5, 4)]
    assert cut([(0, 1), (1, math.inf)], 4) == [(0, 1)]
    assert cut([(0, 9)], 4) == []
    assert response(replace(BARE, curve=endless[:1])) is None


def test_one_month_is_drawn() -> None:
    plan = pilot().plan
    assert plan.growth
    month = plan.growth.months[0].model_copy(update={"date": None, "taking_part_high": math.inf})
    one = Growth(months=(month,), outgrown_month=0, outgrown_date=None, earliest_month=0, median_month=0, because="it is full", purchases=())
    drawn = growth(with_plan(pilot(), growth=one))
    assert drawn
    assert "outgrown: month\u00a00" in drawn.svg
    assert "no end" in drawn.caption
    assert growth(with_plan(pilot(), growth=one.model_copy(update={"months": ()}))) is None


def test_between_two_confidences_the_dearer_servers_count() -> None:
    points = [CostPoint(0.5, 0.0, "1 desk", 1), CostPoint(0.8, 0.0, "1 desk", 1), CostPoint(0.9, 90.0, "2 boxes", 2), CostPoint(0.99, None, "", 0)]
    assert [(step.letter, step.begin, step.end, step.price) for step in levels(points)] == [("A", 0.5, 0.8, 0.0), ("B", 0.8, 0.9, 90.0)]
    for costs in (points, points[:1], [*points, CostPoint(0.4, None, "", 0)], [CostPoint(0.95, math.inf, "all", 9), *points]):
        assert cost(replace(BARE, costs=tuple(costs)))
    assert cost(replace(BARE, costs=tuple(points[3:]))) is None


def test_both_ends_of_a_number_may_lie_on_one_side() -> None:
    ends = zip(pilot().plan.sensitivity, (500, 2000, 0), (700, 1500, 0), strict=False)
    rows = tuple(row.model_copy(update={"people_at_low": low, "people_at_high": high}) for row, low, high in ends)
    drawn = sensitivity(with_plan(pilot(), sensitivity=rows))
    assert drawn
    assert "at 0.4 (at 6: 700)" in drawn.svg
    assert "at 2 (at 14: 1,500)" in drawn.svg


def test_many_groups_become_the_largest_and_the_others() -> None:
    many = tuple(HourLoad(f"group {at}", hour, 1 + at % 97 + hour % 24) for at in range(1000) for hour in range(0, 168, 8))
    found = gathered(many)
    assert found
    assert len(found.groups) == 25
    assert found.groups[-1].name == "976 others"
    assert found.row < 24
    assert math.isclose(math.fsum(found.total), math.fsum(load.requests_per_second for load in many))
    assert math.isclose(math.fsum(sum(group.loads) for group in found.groups), math.fsum(found.total))
    assert week(replace(BARE, hours=many))
    assert gathered((HourLoad("idle", 3, 0.0), HourLoad("broken", 4, math.nan))) is None


def test_ten_million_people_are_written_out() -> None:
    points = tuple(CurvePoint(at * 1e6, at / 12, at / 14, 100 * at, 200 * at, 300 * at, 0) for at in range(13))
    plan: Plan = SAMPLE.model_copy(update={"people": 10_000_000, "capacity": SAMPLE.capacity.model_copy(update={"people": 11_000_000})})
    drawn = response(replace(BARE, curve=points, plan=plan))
    assert drawn
    assert "10,000,000" in drawn.svg
    assert "e+" not in drawn.svg


def test_names_that_are_long_or_of_other_scripts_fit() -> None:
    assert short("Headquarters", 24) == "Headquarters"
    assert short("x" * 30, 10) == "x" * 9 + "…"
    assert short("東京本社営業部", 8) == "東京本…"
    assert clean("a\x00b\tc\u202ed\ud800") == "a\ufffdb cd\ufffd"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (rounded(1347.2), "1,350"), (rounded(0.01234), "0.0123"), (rounded(0), "0"), (rounded(9.996), "10"),
        (rounded(math.inf), "no end"), (rounded(2e-7), "2e-07"),
        (heads(88.3), "88"), (heads(1_234_567), "1,230,000"),
        (chance(1), "over 99.9\u00a0%"), (chance(0), "under 0.1\u00a0%"), (chance(0.962), "96\u00a0%"),
        (shared(0.9991), "99.91\u00a0%"), (shared(0.004), "0.4\u00a0%"), (shared(1.5), "150\u00a0%"),
        (kind_of("assumption (wide)"), "assumption"), (kind_of("measured: how"), "measured"),
        (kind_of("Bass, 1969, A new product"), "cited"), (kind_of("the brief"), "brief"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_they_are_read(written: str, wanted: str) -> None:
    assert written == wanted


def test_darker_is_more_without_colour() -> None:
    lightness = [sum(weight * int(shade(at / 40)[i : i + 2], 16) for weight, i in ((0.2126, 1), (0.7152, 3), (0.0722, 5))) for at in range(41)]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(lightness)) == 41


def test_what_a_number_stands_on_is_said_without_colour(small: str) -> None:
    for words in ("■ measured", "◆ cited", "▲ the brief", "□ choice", "○ assumption"):
        assert f"<td>{words}</td>" in small


def test_labels_are_moved_apart_in_their_order() -> None:
    assert spread([10, 12, 11, 90], 14, 0, 100) == [10, 38, 24, 90]
    assert spread([95, 99], 14, 0, 100) == [86, 100]
    assert spread([], 14, 0, 100) == []
