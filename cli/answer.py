"""The words of a plan: the answer, what binds, the assumptions that matter."""

from sizing.plan import Assumption, Plan, Server

TOLD = ("sessions_per_person_day", "pages_per_session", "busiest_hour_share", "burst_factor", "signed_in_share", "flash_crowd", "horizon_months")


def answer(plan: Plan, desk_people: int) -> str:
    """Return the answer of ``plan size``; ``desk_people`` is what the desk carries alone."""
    lines = [_first(plan, desk_people), "", *_servers(plan), "", *_binds(plan), "", "It stands on these assumptions (all of them: --json):"]
    lines += [_assumption(item) for item in plan.assumptions if item.name in TOLD]
    return "\n".join(lines)


def _assumption(item: Assumption) -> str:
    value = f"{item.value:g}" if isinstance(item.value, float) else item.value
    return f"  {item.name}: {f'{value} {item.unit}'.strip()}; {item.source}"


def _first(plan: Plan, desk_people: int) -> str:
    if len(plan.servers) == 1 and plan.servers[0].count == 1:
        carries = f"this box carries about {_round(desk_people):,}"
        return f"One desk is enough for {plan.people:,} people; {carries}. The first thing to give is {plan.capacity.first_to_give}."
    machines = sum(server.count for server in plan.servers)
    return (
        f"{plan.people:,} people need {machines:,} servers; the desk alone carries about {_round(desk_people):,}. "
        f"These carry about {_round(plan.capacity.people):,}; the first thing to give is {plan.capacity.first_to_give}."
    )


def _servers(plan: Plan) -> list[str]:
    return [_server(server) for server in plan.servers] + [f"It survives: {plan.survives}."]


def _server(server: Server) -> str:
    return f"  {server.count} x {server.role}: {server.cores} cores, {server.memory_gib:g} GiB memory, {server.disk_gib:g} GiB disk"


def _binds(plan: Plan) -> list[str]:
    pages = {kind: value for kind, value in plan.response_p95_ms.items() if kind.startswith(("page", "wiki_view"))}
    slowest = max(pages, key=lambda kind: pages[kind])
    return [
        f"Peak: {plan.peak.requests_per_second:.2f} requests/s ({plan.peak.hour_utc} UTC, {plan.peak.sessions_per_hour:,.0f} visits an hour).",
        f"Binds: {plan.binding.resource}, {plan.binding.utilisation:.0%} used at the peak.",
        f"Pages: 95 of 100 within {pages[slowest]:.0f} ms ({slowest}; the target is {plan.targets.page_p95_ms:.0f} ms).",
    ]


def _round(people: int) -> int:
    """Two figures: the inputs are not known better."""
    digits = len(str(people)) - 2
    return people // 10**digits * 10**digits if digits > 0 else people
