"""A person with a browser: signs in, writes a post with a picture, sees it; edits the wiki.

Everything is written into marked test spaces; the browser can reach the platform and nothing else.
"""

import base64
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, expect, sync_playwright

from infra.deployment import Deployment
from loadtests import spaces
from loadtests.steps.picture import WIDTH, png

SIZE = spaces.Size(readers=1, authors=1, editors=1, posts=2, pages=1)
SLOW_MS = 60_000
ATTEMPTS = 3
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
expect.set_options(timeout=SLOW_MS)  # else five seconds, whatever else is waited for


@pytest.fixture(scope="module")
def space(deployment: Deployment) -> Iterator[spaces.Spaces]:
    """Test spaces, removed afterwards; a killed test run's are removed by the next 'plan test'."""
    journal = spaces.begin(deployment)
    try:
        yield spaces.create(deployment, journal, SIZE)
    finally:
        assert spaces.remove(deployment, journal) == ()


@pytest.fixture(scope="module")
def browser(deployment: Deployment) -> Iterator[Browser]:
    """Debian's Chromium, which finds the platform's names at the deployment's address and no other name at all."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: apt-get install chromium"
    hosts = [urlsplit(url).hostname or "" for url in deployment.urls.values()]
    rules = ", ".join([*(f"MAP {host} {deployment.address}" for host in hosts), f"EXCLUDE {deployment.address}", "MAP * ~NOTFOUND"])
    arguments = [
        f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={_pin(deployment, hosts[0])}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, chromium_sandbox=False, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def person(browser: Browser, deployment: Deployment) -> Iterator[BrowserContext]:
    """A person's own browser; at the end nothing may have been asked of anybody but the platform."""
    hosts = {urlsplit(url).hostname for url in deployment.urls.values()}
    outside: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme.startswith("http") and address.hostname not in hosts:
            outside.append(request.url)

    context = browser.new_context()
    context.set_default_timeout(SLOW_MS)
    context.on("request", note)
    yield context
    context.close()
    assert outside == []


def test_a_post_with_a_picture_written_in_the_editor_is_on_the_front_page(person: BrowserContext, space: spaces.Spaces, tmp_path: Path) -> None:
    def live(attempt: int) -> None:
        name = f"{space.token}-{attempt}"
        title, text = f"Browser news {name}", f"Written in a browser, {name}."
        picture = tmp_path / f"picture-{name}.png"
        picture.write_bytes(png(name))
        page = person.new_page()
        _sign_in_to_blog(page, space.blog)
        _write_post(page, space.blog, title, text, picture)
        with _colleague(person) as colleague:
            colleague.goto(space.blog.site_url)
            colleague.get_by_role("link", name=title).first.click()
            expect(colleague.get_by_role("heading", name=title, level=1)).to_be_visible()
            expect(colleague.get_by_text(text)).to_be_visible()
            image = colleague.locator(f"img[src*='{picture.stem}']")
            expect(image).to_be_visible()
            colleague.wait_for_function("picture => picture.complete && picture.naturalWidth > 0", arg=image.element_handle())
            assert image.evaluate("picture => picture.complete && picture.naturalWidth") == WIDTH

    _undisturbed(person, live)


def test_an_edit_of_the_wiki_is_seen_by_a_colleague(person: BrowserContext, space: spaces.Spaces) -> None:
    def live(attempt: int) -> None:
        wiki, text = space.wiki.pages[0], f"Edited in a browser, {space.token}-{attempt}."
        page = person.new_page()
        _sign_in_to_wiki(page, space.wiki)
        page.goto(wiki.url)
        page.locator("#ca-edit a").click()
        box = page.locator("#wpTextbox1")
        box.fill(f"{box.input_value()}\n\n{text}")
        page.locator("#wpSave").click()
        expect(page).to_have_url(wiki.url)
        expect(page.locator("#mw-content-text").get_by_text(text)).to_be_visible()
        with _colleague(person) as colleague:
            colleague.goto(wiki.url)
            expect(colleague.get_by_text(text)).to_be_visible()

    _undisturbed(person, live)


def _undisturbed(person: BrowserContext, live: Callable[[int], None]) -> None:
    """Let ``live`` act; again where an interface of another container came or went, on which Chromium drops its connections."""
    dropped: list[str] = []
    person.on("requestfailed", lambda request: dropped.append(request.url) if NETWORK_CHANGED in (request.failure or "") else None)
    for attempt in range(ATTEMPTS):
        try:
            live(attempt)
        except (Error, AssertionError):
            if not dropped or attempt == ATTEMPTS - 1:
                raise
            dropped.clear()
            person.clear_cookies()
        else:
            return


@contextmanager
def _colleague(person: BrowserContext) -> Iterator[Page]:
    """Somebody else's browser, not signed in."""
    assert person.browser
    context = person.browser.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


def _sign_in_to_wiki(page: Page, wiki: spaces.WikiSpace) -> None:
    page.goto(wiki.pages[0].url)
    page.locator("a[href*='UserLogin']").first.click()
    page.locator("#wpName1").fill(wiki.users[0].login)
    page.locator("#wpPassword1").fill(wiki.users[0].password)
    page.locator("#wpLoginAttempt").click()
    expect(page.locator("a[href*='UserLogout']").first).to_be_attached()


def _sign_in_to_blog(page: Page, blog: spaces.BlogSpace) -> None:
    author = blog.people("author")[0]
    page.goto(f"{blog.site_url}wp-login.php")
    page.locator("#user_login").fill(author.login)
    page.locator("#user_pass").fill(author.password)
    page.locator("#wp-submit").click()
    expect(page.locator("#wpadminbar")).to_be_visible()


def _write_post(page: Page, blog: spaces.BlogSpace, title: str, text: str, picture: Path) -> None:
    page.goto(f"{blog.site_url}wp-admin/post-new.php")
    canvas = page.frame_locator("iframe[name='editor-canvas']")
    heading = canvas.locator(".editor-post-title__input")
    heading.wait_for()
    page.evaluate("wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false)")
    heading.click()
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.keyboard.type("/image")
    page.locator(".components-autocomplete__result").first.wait_for()
    page.keyboard.press("Enter")
    canvas.locator(".wp-block-image input[type=file]").set_input_files(picture)
    canvas.locator(f".wp-block-image img[src*='{picture.stem}']").wait_for()
    page.locator(".editor-post-publish-panel__toggle").click()
    page.locator(".editor-post-publish-panel .editor-post-publish-button").click()
    expect(page.locator(".post-publish-panel__postpublish-header")).to_be_visible()


def _pin(deployment: Deployment, host: str) -> str:
    """Verify the served certificate against the deployment's authority and return its key's digest, which Chromium then trusts."""
    context = ssl.create_default_context(cafile=str(deployment.ca_file))
    with socket.create_connection((deployment.address, deployment.ports[1]), 10) as line, context.wrap_socket(line, server_hostname=host) as secure:
        served = secure.getpeercert(binary_form=True)
    assert served
    key = x509.load_der_x509_certificate(served).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return base64.b64encode(digest.finalize()).decode()
