"""Which of two database hosts is the primary: the one that they remember, else the one that has the data, else the first."""

from typing import Any


class FilterModule:
    """Filters for roles."""

    def filters(self) -> dict[str, Any]:
        """Return them by name."""
        return {"database_primary": primary}


def primary(seen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return ``name`` and ``term`` of the primary; ``seen`` says of each host what it remembers (primary, term) and whether it has data."""
    latest = max(seen.values(), key=lambda host: int(host["term"]))
    if int(latest["term"]) > 0 and latest["primary"] in seen:
        return {"name": latest["primary"], "term": int(latest["term"])}
    with_data = [name for name, host in seen.items() if host["data"]]
    return {"name": next(iter([*with_data, *seen])), "term": int(latest["term"]) + 1}
