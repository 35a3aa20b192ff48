"""What a desk's deploy says of what Ansible changed."""

import json

import pytest

from infra.hosts import FEW, _Events


@pytest.mark.parametrize(
    ("item", "what", "said"),
    [
        ("", ["/srv/frontdoor/hold.lua", "/srv/frontdoor/haproxy.cfg"], "Write: hold.lua, haproxy.cfg"),
        ("", ["/etc/login.defs: UMASK"], "Write: login.defs: UMASK"),
        ("", [f"/etc/{number}" for number in range(FEW + 1)], f"Write: {FEW + 1} settings"),
        ("mail", [], "Write: mail"),
        ("", [], "Write"),
    ],
)
def test_a_step_names_its_item_or_the_files_that_it_wrote(item: str, what: list[str], said: str) -> None:
    heard: list[str] = []
    events = _Events(heard.append)
    events.line(json.dumps({"event": "changed", "host": "localhost", "task": "Write", "item": item, "message": "", "what": what, "diff": ""}))
    assert heard == [said]
    assert [str(change) for change in events.changes] == [said]
