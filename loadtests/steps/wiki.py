"""What people do on a MediaWiki wiki: they follow its links and fill in its forms."""

from urllib.parse import urlencode

from loadtests.spaces import Identity
from loadtests.steps.checks import Unseen, links_to, shows, titled
from loadtests.steps.document import Form, Page
from loadtests.steps.visit import Visitor

NOT_THIS_PAGE = ("section=", "redlink=")


def read_page(visitor: Visitor, url: str, title: str) -> Page:
    """Open a page and see its heading."""
    return visitor.get("wiki-page", url, shows(title))


def search(visitor: Visitor, page: Page, words: str, title: str) -> Page:
    """Type ``words`` into the search box of ``page`` and see ``title``."""
    form = _form(page, "search")
    return visitor.get("wiki-search", f"{form.action}?{urlencode({**form.fields, 'search': words})}", shows(title))


def sign_in(visitor: Visitor, page: Page, who: Identity) -> Page:
    """Follow the link to the sign-in form, fill it in, and see the way out."""
    form = _form(visitor.get("wiki-sign-in-form", _link(page, "UserLogin")), "wpPassword")
    typed = {"wpName": who.login, "wpPassword": who.password}
    return visitor.post("wiki-sign-in", form.action, {**form.fields, **typed}, links_to("UserLogout"))


def edit(visitor: Visitor, url: str, title: str, text: str) -> Page:
    """Add ``text`` to a page, save, and see it there."""
    page = read_page(visitor, url, title)
    return save(visitor, open_editor(visitor, _link(page, "action=edit", NOT_THIS_PAGE)), title, text)


def open_editor(visitor: Visitor, url: str) -> Form:
    """Open the form at ``url`` in which a page is edited."""
    return _form(visitor.get("wiki-editor", url), "wpTextbox1")


def save(visitor: Visitor, form: Form, title: str, text: str) -> Page:
    """Add ``text`` to the page whose form was opened, save, and see it there."""
    typed = {"wpTextbox1": f"{form.fields['wpTextbox1'].rstrip()}\n\n{text}\n", "wpSummary": "test", "wpSave": "1"}
    return visitor.post("wiki-edit", form.action, {**form.fields, **typed}, is_saved, titled(title), shows(text))


def see_edit(visitor: Visitor, url: str, text: str) -> Page:
    """Open a page and see ``text`` on it."""
    return visitor.get("wiki-page", url, shows(text))


def is_saved(page: Page) -> None:
    """Check that an edit led back to the page; a preview would show the text as well."""
    if page.document.form("wpTextbox1"):
        raise Unseen("form", f"{page.url}: still the editor: nothing was saved (seen: {page.document.title})")


def _link(page: Page, part: str, without: tuple[str, ...] = ()) -> str:
    link = page.document.link(part, without)
    if not link:
        raise Unseen("link", f"{page.url}: no link to {part} (seen: {page.document.title})")
    return link


def _form(page: Page, name: str) -> Form:
    form = page.document.form(name)
    if form is None:
        raise Unseen("form", f"{page.url}: no form with {name} (seen: {page.document.title})")
    return form
