"""Seeded content: the same for the same seed everywhere, as much as its size says, and read by Zipf's law."""

import base64
import hashlib
import io
import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from loadtests.seed import pictures
from loadtests.seed.amounts import SIZES, needed_mib
from loadtests.seed.chance import Chance
from loadtests.seed.content import Content, Wanted, told_blog, told_page
from loadtests.seed.popularity import EXPONENT, Popular, divided, weights
from sizing.evidence import evidence

ROOT = Path(__file__).resolve().parents[4]
SMALL = Wanted("s", 7, "en")
DIGEST = """
import hashlib, json
from loadtests.seed.content import Content, Wanted, told_blog, told_page
content = Content(Wanted("s", 7, "en"))
blogs = [told_blog(content.blogs.blog(number)) for number in range(content.amounts.blogs)]
pages = [told_page(content.wiki.page(number)) for number in range(content.amounts.pages)]
print(hashlib.sha256(json.dumps([blogs, pages, [person.name for person in content.people]]).encode()).hexdigest())
"""


def told(wanted: Wanted) -> str:
    content = Content(wanted)
    blogs = [told_blog(content.blogs.blog(number)) for number in range(content.amounts.blogs)]
    pages = [told_page(content.wiki.page(number)) for number in range(content.amounts.pages)]
    return hashlib.sha256(json.dumps([blogs, pages, [person.name for person in content.people]]).encode()).hexdigest()


def test_another_process_with_other_hashes_writes_the_same() -> None:
    found = [
        subprocess.run([sys.executable, "-c", DIGEST], cwd=ROOT, env={"PYTHONHASHSEED": salt}, capture_output=True, text=True, check=True).stdout.strip()
        for salt in ("1", "2")
    ]
    assert found == [told(SMALL)] * 2


@pytest.mark.parametrize("other", [Wanted("s", 8, "en"), Wanted("s", 7, "de")])
def test_another_seed_or_language_writes_something_else(other: Wanted) -> None:
    assert told(other) != told(SMALL)


def test_a_blog_does_not_depend_on_which_was_made_before_it() -> None:
    assert Content(SMALL).blogs.blog(2) == [Content(SMALL).blogs.blog(number) for number in range(3)][2]
    assert Content(SMALL).wiki.page(9) == [Content(SMALL).wiki.page(number) for number in range(10)][9]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_what_its_table_says(size: str, language: str) -> None:
    content, wanted = Content(Wanted(size, 1, language)), SIZES[size]
    blogs = [content.blogs.blog(number) for number in range(wanted.blogs)]
    pages = [content.wiki.page(number) for number in range(wanted.pages)]
    posts = [post for blog in blogs for post in blog.posts]
    assert len(set(content.people)) == wanted.people == len({person.login for person in content.people})
    assert len({blog.path for blog in blogs}) == wanted.blogs
    assert len({(blog.slug, post.slug) for blog in blogs for post in blog.posts}) == wanted.posts
    assert sum(len(post.comments) for post in posts) == wanted.comments
    assert len({page.title for page in pages}) == wanted.pages
    assert sum(len(page.revisions) for page in pages) == wanted.edits
    assert sum(len(page.remarks) for page in pages) == wanted.remarks
    assert sum(bool(page.picture) for page in pages) == wanted.files


def test_the_largest_size_is_what_is_asked_for() -> None:
    large = SIZES["l"]
    assert (large.blogs, large.posts_per_blog, large.pages) == (100, 20, 1000)
    assert needed_mib(SIZES["s"]) < needed_mib(SIZES["m"]) < needed_mib(large)


def test_popularity_is_zipf_with_the_exponent_of_the_evidence() -> None:
    shares = weights(2000)
    assert evidence()["zipf_exponent"] == EXPONENT
    assert math.isclose(sum(shares), 1)
    slopes = [math.log(shares[0] / shares[rank - 1]) / math.log(rank) for rank in (2, 10, 100, 2000)]
    assert all(math.isclose(slope, EXPONENT) for slope in slopes)


def test_popular_posts_get_the_comments_and_popular_pages_the_edits_and_links() -> None:
    content = Content(Wanted("m", 3, "en"))
    posts = sorted((post for number in range(20) for post in content.blogs.blog(number).posts), key=lambda post: post.rank)
    pages = sorted((content.wiki.page(number) for number in range(200)), key=lambda page: page.rank)
    assert [len(post.comments) for post in posts] == divided(600, weights(200))
    assert [len(page.revisions) for page in pages] == divided(600, weights(200), least=1)
    links = Counter(title for page in pages for title in re.findall(r"\[\[Rehearsal:([^|]+)\|", page.revisions[-1].text))
    assert sum(links[page.title] for page in pages[:20]) > 5 * sum(links[page.title] for page in pages[-20:])


def test_every_link_leads_to_a_page_that_is_written() -> None:
    content = Content(Wanted("m", 3, "de"))
    pages = [content.wiki.page(number) for number in range(200)]
    titles = {page.title for page in pages}
    assert {title for page in pages for title in re.findall(r"\[\[Rehearsal:([^|]+)\|", page.revisions[-1].text)} <= titles
    for number in range(20):
        blog = content.blogs.blog(number)
        written = {f"{blog.path}{post.at[:4]}/{post.at[5:7]}/{post.slug}/" for post in blog.posts}
        assert {link for post in blog.posts for link in re.findall(r'href="([^"]+)"', post.blocks)} <= written


def test_a_history_goes_forward_in_time_and_every_version_differs() -> None:
    content = Content(Wanted("m", 3, "en"))
    for page in (content.wiki.page(number) for number in range(200)):
        moments = [revision.at for revision in page.revisions]
        assert moments == sorted(set(moments))
        assert all(one.text != other.text for one, other in zip(page.revisions, page.revisions[1:], strict=False))


def test_no_frame_is_left_without_its_words() -> None:
    for language in ("en", "de"):
        content = Content(Wanted("m", 5, language))
        said = [post.title + post.blocks for number in range(20) for post in content.blogs.blog(number).posts]
        said += [revision.text for number in range(200) for revision in content.wiki.page(number).revisions]
        assert not [text for text in said if re.search(r"\{[a-zA-Z]*\}|None", text)]


@pytest.mark.parametrize(("total", "number", "least"), [(0, 5, 0), (4, 5, 0), (5, 5, 1), (4000, 2000, 0), (3000, 1000, 1)])
def test_what_is_divided_is_all_there_and_the_first_has_most(total: int, number: int, least: int) -> None:
    parts = divided(total, weights(number), least)
    assert sum(parts) == total
    assert min(parts) >= least
    assert parts == sorted(parts, reverse=True)


def test_draws_follow_the_weights() -> None:
    popular, chance = Popular(weights(50)), Chance("test")
    drawn = Counter(popular.draw(chance) for _ in range(20000))
    assert all(abs(drawn[at] / 20000 - share) < 0.012 for at, share in enumerate(weights(50)))


def test_pictures_are_jpegs_of_every_size_and_no_two_are_alike() -> None:
    made = [pictures.picture("test", number) for number in range(30)]
    for size, extent in {"full": (pictures.WIDTH, pictures.HEIGHT), **pictures.SIZES}.items():
        image = Image.open(io.BytesIO(base64.b64decode(made[0][size])))
        assert (image.format, image.size) == ("JPEG", extent)
        assert len({picture[size] for picture in made}) == len(made)
