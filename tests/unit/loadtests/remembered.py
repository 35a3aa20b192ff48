"""A deployment that only remembers what it was asked."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sizing.plan import Hosts, Inputs, Mail, Plan, Platform, Ports, Space, Tls
from tests.unit.sample_plan import SAMPLE

PASSWORD = "correct-horse-battery"  # noqa: S105 - of nobody


@dataclass
class RememberedDeployment:
    """Answers as the platform's tools do and keeps what exists: sites by token."""

    folder: Path
    urls: dict[str, str] = field(
        default_factory=lambda: {"internal": "https://blogs.example/", "external": "https://www.example/", "wiki": "https://wiki.example/"}
    )
    address: str = "127.0.0.1"
    ports: tuple[int, int] = (80, 443)
    ca_file: Path = Path("/nowhere/ca.pem")
    asked: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    there: set[tuple[str, str]] = field(default_factory=set)
    journals_at_creation: list[str] = field(default_factory=list)
    broken: dict[tuple[str, str], BaseException] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        platform = Platform(
            name="pilot",
            company="Example",
            administrator_mail="a@example.org",
            hosts=Hosts(internal="blogs.example", external="www.example", wiki="wiki.example"),
            ports=Ports(http=80, https=443),
            internal_networks=("127.0.0.0/8",),
            spaces=(
                Space(kind="blog", title="News", path="", visibility="internal"),
                Space(kind="blog", title="Outside", path="press", visibility="external"),
                Space(kind="wiki", title="Handbook", path="", visibility="internal"),
            ),
            tls=Tls(),
            mail=Mail(sender="a@example.org"),
        )
        parts: dict[str, Any] = {"platform": platform, "inputs": Inputs(path="/brief.yaml", digest="0" * 64), "limits": SAMPLE.limits}
        return Plan.model_construct(**parts)

    def exec(self, service: str, argv: list[str], /, stdin: str = "") -> str:
        verb, question = argv[-1], json.loads(stdin)
        assert argv == [f"underdesk-{service}", "test-space", verb]
        self.asked.append((service, verb, question))
        if verb == "create":
            self.journals_at_creation += [path.name for path in (self.folder / "tests").glob("*.journal.json")]
            self.there.add((service, question["token"]))
        if problem := self.broken.get((service, verb)):
            raise problem
        if verb == "remove":
            self.there.discard((service, question["token"]))
            return "{}"
        return self._made(service, str(question["token"]))

    def _made(self, service: str, token: str) -> str:
        user = {"login": f"test-{token}", "password": PASSWORD}
        if service == "wiki":
            pages = [{"title": f"UnderdeskTest:{token}/Page 1", "url": f"{self.urls['wiki']}{token}/Page_1"}]
            return json.dumps({"namespace": "UnderdeskTest", "users": [user], "pages": pages})
        site = f"{self.urls['internal']}underdesk-test-{token}/"
        people = [{**user, "role": role} for role in ("subscriber", "author")]
        return json.dumps({"site_url": site, "path": "/", "users": people, "posts": [{"id": 1, "url": f"{site}one/", "title": "One"}]})
