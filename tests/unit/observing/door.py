"""Lines as the front door writes them (recorded from HAProxy 3.0 with the rendered configuration)."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone

from sizing.observing.request import Request

RECORDED = (
    '{"time": "28/Nov/2026:15:00:32 +0000", "client": "127.0.0.1", "frontend": "https", "backend": "https", "server": "<NOSRV>",'
    ' "host": "blogs.sample.example", "method": "GET", "path": "/field/2026/a-post/", "status": 200, "bytes": 428, "request_ms": 0, "queue_ms": -1,'
    ' "connect_ms": -1, "response_ms": -1, "total_ms": 0, "server_queue": 0, "backend_queue": 0, "retries": 0, "ended": "LR", "cache": "",'
    ' "began_ms": 1795878032263, "visitor": "72608AF2D70CD741", "person": "216B2BAB5EEFDB01", "agent": "browser", "service": "blogs", "asks": ""}'
)
FIELDS = json.loads(RECORDED)
FILES = 97
ASKED: dict[str, tuple[str, str, str, str, int]] = {
    "page_anonymous": ("GET", "", "blogs", "", 200),
    "page_signed_in": ("GET", "", "blogs", "", 200),
    "wiki_view": ("GET", "", "wiki", "", 200),
    "search": ("GET", "/", "blogs", "search", 200),
    "feed": ("GET", "/feed/", "blogs", "", 200),
    "comment": ("POST", "/wp-comments-post.php", "blogs", "", 302),
    "post": ("POST", "/wp-json/wp/v2/posts/17", "blogs", "", 200),
    "upload": ("POST", "/wp-json/wp/v2/media", "blogs", "", 201),
    "sign_in": ("POST", "/wp-login.php", "blogs", "", 302),
    "wiki_edit": ("POST", "/w/index.php", "wiki", "edit", 302),
    "media_view": ("GET", "/wp-content/uploads/sites/2/a.jpg", "blogs", "", 200),
    "asset": ("GET", "/wp-includes/js/jquery/jquery.min.js", "blogs", "", 200),
}


def line(began_s: float, zone_h: int = 0, **more: object) -> str:
    when = datetime.fromtimestamp(began_s, UTC).astimezone(timezone(timedelta(hours=zone_h)))
    return json.dumps({**FIELDS, "time": when.strftime("%d/%b/%Y:%H:%M:%S %z"), "began_ms": round(began_s * 1000), **more})


def lines(requests: Iterable[Request], zone_h: int = 0, **more: object) -> Iterator[str]:
    for number, one in enumerate(requests):
        method, path, service, asks, status = ASKED[one.kind]
        where = path.replace(".j", f"-{number % FILES}.j") or ("/wiki" if service == "wiki" else "") + one.page + "/"
        told = {"method": method, "path": where, "service": service, "asks": asks, "status": status}
        person = "" if one.kind == "page_anonymous" else one.person
        seen = {"visitor": one.visitor, "person": person, "cache": one.cache.upper(), "total_ms": round(one.took_s * 1000), "host": f"{service}.test"}
        yield line(one.began_s, zone_h, **told, **seen, **more)
