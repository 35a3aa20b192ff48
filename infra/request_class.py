"""Which request class of the plan a line of the front door's log tells of: by the platform's own paths."""

import re
from functools import lru_cache
from typing import Final

REMEMBERED: Final = 50_000
PICTURE: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|mp[34]|m4[av]|webm|og[gv])$")
STATIC: Final = re.compile(r"\.(?:css|js|map|svg|ico|woff2?|ttf)$|^/w/load\.php$")
DOCUMENT: Final = re.compile(r"\.(?:pdf|zip|docx?|xlsx?|pptx?|odt|ods|odp|txt|xml|json)$")
FEED: Final = re.compile(r"/feed(?:/(?:atom|rss2?|rdf))?/?$")
SAVED: Final = re.compile(r"/wp-json/wp/v2/posts(?:/\d+)?/?$|/wp-admin/post\.php$")
UPLOADED: Final = re.compile(r"/wp-json/wp/v2/media/?$|/wp-admin/async-upload\.php$|/special:upload$")
BY_ITSELF: Final = re.compile(r"/(?:wp-json(?:/.*)?|admin-ajax\.php|wp-cron\.php|xmlrpc\.php|api\.php|rest\.php(?:/.*)?|index\.php/rest|robots\.txt)$")
ADMINISTRATION: Final = re.compile(r"/wp-admin/(?:[^/]*\.php)?$")
NO_PAGE: Final = re.compile(r"/wp-admin/|^/w/index\.php$")


@lru_cache(maxsize=REMEMBERED)
def class_of(method: str, path: str, service: str, asks: str, signed_in: bool) -> str:  # noqa: FBT001 - remembered by place
    """Return the class of a request that was answered; '' for what comes by itself (autosaves, jobs) and for parts of another class (forms)."""
    lower = path.lower()
    if method == "POST":
        return _sent(lower, service, asks)
    if method not in {"GET", "PUT"} or BY_ITSELF.search(lower):
        return "post" if method == "PUT" and SAVED.search(lower) else ""
    return _file(lower) or _page(lower, service, asks, signed_in=signed_in)


def _file(path: str) -> str:
    return "media_view" if PICTURE.search(path) else "asset" if STATIC.search(path) else ""


def _sent(path: str, service: str, asks: str) -> str:
    if path.endswith("/wp-login.php") or asks == "sign-in":
        return "sign_in"
    if path.endswith("/wp-comments-post.php"):
        return "comment"
    if UPLOADED.search(path):
        return "upload"
    if SAVED.search(path):
        return "post"
    return "wiki_edit" if service == "wiki" and asks == "edit" else ""


def _page(path: str, service: str, asks: str, *, signed_in: bool) -> str:
    if FEED.search(path) or asks == "feed":
        return "feed"
    if asks == "search":
        return "search"
    if asks == "sign-in" or path.endswith("/wp-login.php") or DOCUMENT.search(path):
        return ""
    if service == "wiki":
        return "wiki_view"
    hidden = "/wp-admin/" in path and not ADMINISTRATION.search(path)
    return "" if hidden else "page_signed_in" if signed_in else "page_anonymous"


def page_of(host: str, path: str) -> str:
    """Return what tells a page from others; '' for pages that say nothing about popularity (editors, pages named in a query)."""
    return "" if NO_PAGE.search(path) else f"{host}{path}"
