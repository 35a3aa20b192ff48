"""The content of the comparison: made in our deployment, read by popularity."""

import json
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from benchmarks.stock.generator import Ask, Connection
from benchmarks.stock.systems import System
from infra.deployment import Deployment
from runtime.errors import PlanError
from sizing.evidence import evidence

PROGRAM = Path(__file__).parent / "content.php"
SITE, READER, POSTS = "/news/", "reader", 300
SIGNED_IN = "action=logout"


@dataclass(frozen=True)
class Post:
    """A post: what its page is called and where it lies."""

    title: str
    path: str


@dataclass(frozen=True)
class Content:
    """The posts, most popular first, and who reads signed in."""

    posts: tuple[Post, ...]
    password: str
    exponent: float

    def drawn(self, seed: int, number: int) -> list[Post]:
        """Return ``number`` posts by Zipf popularity, the same for the same ``seed``."""
        weights = np.arange(1, len(self.posts) + 1) ** -self.exponent
        chosen = np.random.default_rng(seed).choice(len(self.posts), size=number, p=weights / weights.sum())
        return [self.posts[index] for index in chosen]


def make(deployment: Deployment) -> Content:
    """Write the posts into the deployment, by the blogs' own WordPress."""
    password = secrets.token_hex(12)
    call = f"make_content( '{SITE}', {POSTS}, '{READER}', '{password}' );\n"
    made = json.loads(deployment.exec("blogs", ["php"], stdin=PROGRAM.read_text(encoding="utf-8") + call, timeout_s=300))
    posts = [Post(one["title"], one["path"]) for one in made]
    order = np.random.default_rng(1).permutation(len(posts))
    return Content(tuple(posts[index] for index in order), password, evidence()["zipf_exponent"])


def forget_pages(deployment: Deployment) -> None:
    """Empty the page cache of the blog."""
    call = f"switch_to_blog( site_id( 'internal', '{SITE}' ) );\nPageCache\\purge_site();\nPageCache\\Purge::send();\n"
    deployment.exec("blogs", ["php"], stdin=PROGRAM.read_text(encoding="utf-8") + call)


def sign_in(system: System, password: str) -> str:
    """Sign in by the form; return the cookies that a browser would send."""
    connection = Connection(system)
    form = urlencode({"log": READER, "pwd": password, "testcookie": "1", "redirect_to": f"https://{system.authority}{SITE}"})
    headers = {"Host": system.authority, "Cookie": "wordpress_test_cookie=WP%20Cookie%20check", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"{SITE}wp-login.php", body=form, headers=headers)
    answer = connection.getresponse()
    answer.read()
    jar: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie") or ():
        jar.load(line)
    if not any(name.startswith("wordpress_logged_in") for name in jar):
        raise PlanError(f"answered {answer.status} and no session", where=f"sign-in on {system.name}", hint="see the container's log")
    return "; ".join(f"{name}={cookie.value}" for name, cookie in jar.items() if cookie.value.strip())


def ask(post: Post, cookie: str = "", fresh: str = "") -> Ask:
    """Return the question for a post's page, with a session or with a query that no cache has seen."""
    marks = (f"<title>{post.title} ", *((SIGNED_IN,) if cookie else ()))
    return Ask(f"{post.path}?fresh={fresh}" if fresh else post.path, marks, cookie)
