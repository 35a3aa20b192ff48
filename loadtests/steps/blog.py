"""What people do on a WordPress blog."""

import html
import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from loadtests.spaces import Identity
from loadtests.steps.checks import CREATED, Entry, Unseen, entries, is_bytes, is_feed, links_to, pictures, shows, titled
from loadtests.steps.document import Page
from loadtests.steps.visit import Visitor

NONCE = re.compile(r'createNonceMiddleware\(\s*"([^"]+)"')
ROOT = re.compile(r'createRootURLMiddleware\(\s*"([^"]+)"')


@dataclass(frozen=True)
class Editor:
    """What the editing page gives a browser: the address it saves to, and leave to do so."""

    root: str
    nonce: str


def read_front(visitor: Visitor, url: str, title: str) -> Page:
    """Open a blog's first page and see its title."""
    return visitor.get("blog-front", url, titled(title))


def read_feed(visitor: Visitor, url: str) -> tuple[Entry, ...]:
    """Read a blog's feed."""
    return entries(visitor.get("blog-feed", urljoin(url, "feed/"), is_feed))


def read_post(visitor: Visitor, url: str, title: str) -> Page:
    """Open a post and see its title."""
    return visitor.get("blog-post", url, titled(title), shows(title))


def search(visitor: Visitor, url: str, words: str, title: str) -> Page:
    """Search a blog for ``words`` and see ``title`` among what was found."""
    return visitor.get("blog-search", f"{url}?{urlencode({'s': words})}", shows(title))


def sign_in(visitor: Visitor, url: str, who: Identity) -> Page:
    """Sign in by the form and see the way out."""
    page = visitor.get("sign-in-form", urljoin(url, "wp-login.php"))
    form = page.document.form("pwd")
    if form is None:
        raise Unseen("form", f"{page.url}: no sign-in form")
    typed = {"log": who.login, "pwd": who.password, "redirect_to": url, "testcookie": "1"}
    return visitor.post("sign-in", form.action, {**form.fields, **typed}, links_to("action=logout"))


def comment(visitor: Visitor, url: str, title: str, text: str) -> Page:
    """Write a comment below a post and see it there."""
    page = read_post(visitor, url, title)
    form = page.document.form("comment")
    if form is None:
        raise Unseen("form", f"{page.url}: no comment form")
    return visitor.post("comment", form.action, {**form.fields, "comment": text}, shows(text))


def open_editor(visitor: Visitor, url: str) -> Editor:
    """Open the page on which posts are written."""
    page = visitor.get("editor", urljoin(url, "wp-admin/post-new.php"))
    nonce, root = NONCE.search(page.source), ROOT.search(page.source)
    if nonce is None or root is None:
        raise Unseen("editor", f"{page.url}: no editor (seen: {page.document.title})")
    return Editor(root[1].replace("\\/", "/"), nonce[1])


def upload(visitor: Visitor, editor: Editor, name: str, picture: bytes) -> str:
    """Upload a picture, look at it and return its address."""
    headers = {"X-WP-Nonce": editor.nonce, "Content-Type": "image/png", "Content-Disposition": f'attachment; filename="{name}"'}
    page = visitor.ask("POST", "upload", f"{editor.root}wp/v2/media", status=CREATED, data=picture, headers=headers)
    url = member(page, "source_url")
    visitor.get("picture", url, is_bytes(picture))
    return url


def publish(visitor: Visitor, editor: Editor, title: str, text: str, picture: str) -> str:
    """Publish a post with a picture and return its address."""
    image = f'<!-- wp:image --><figure class="wp-block-image"><img src="{html.escape(picture)}" alt=""/></figure><!-- /wp:image -->'
    body = {"title": title, "content": f"<!-- wp:paragraph --><p>{html.escape(text)}</p><!-- /wp:paragraph -->{image}", "status": "publish"}
    page = visitor.ask("POST", "publish", f"{editor.root}wp/v2/posts", status=CREATED, json=body, headers={"X-WP-Nonce": editor.nonce})
    return member(page, "link")


def see_post(visitor: Visitor, url: str, title: str, text: str, picture: str) -> Page:
    """Open a post and see its title, text and picture."""
    return visitor.get("blog-post", url, titled(title), shows(text), pictures(picture))


def member(page: Page, name: str) -> str:
    """Return the text member ``name`` of a JSON answer; raises Unseen where it has none."""
    try:
        answer = json.loads(page.body)
    except ValueError as problem:
        raise Unseen("answer", f"{page.url}: not JSON: {problem}") from problem
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise Unseen("answer", f"{page.url}: {name} is missing")
    return value
