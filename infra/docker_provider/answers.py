"""The engine's questions that need no Docker: Check and Diff."""

from collections.abc import Mapping

from pulumi.runtime.proto import provider_pb2

from infra.docker_provider import check
from infra.docker_provider.difference import Change, changes
from infra.docker_provider.kinds import Kind
from infra.docker_provider.network import Network
from infra.docker_provider.service import Service, is_global
from infra.docker_provider.shapes import Record, text
from infra.docker_provider.stored import Secret, ServiceConfig
from infra.docker_provider.values import Properties, struct

KINDS: Mapping[str, Kind] = {kind.token: kind for kind in (Network(), ServiceConfig(), Secret(), Service())}
CONFIGURATION = Record("", {"host": text("host"), "version": text("version")})
REPLACED = {"ADD": "ADD_REPLACE", "DELETE": "DELETE_REPLACE", "UPDATE": "UPDATE_REPLACE"}


def check_config(given: Properties) -> provider_pb2.CheckResponse:
    """Answer CheckConfig: the host of the engine, and nothing that is not served."""
    found = [*check.refusals(CONFIGURATION, given)]
    if str(given.get("host", "")).startswith("ssh://"):
        found.append(check.Refusal("host", "forward the engine's socket over SSH and give it as unix://"))
    return provider_pb2.CheckResponse(inputs=struct(given), failures=_failures(found))


def check_inputs(kind: Kind, given: Properties) -> provider_pb2.CheckResponse:
    """Answer Check: the inputs with defaults, or why they cannot be."""
    found = [*check.refusals(kind.shape, given)]
    if kind.token == Service.token and is_global(given) and given.get("convergeConfig"):
        found.append(check.Refusal("convergeConfig", "cannot be given with mode global"))
    return provider_pb2.CheckResponse(inputs=struct(check.with_defaults(kind.shape, given), kind.secret), failures=_failures(found))


def diff(kind: Kind, old: Properties, new: Properties) -> provider_pb2.DiffResponse:
    """Answer Diff: what changes between two sets of checked inputs, and what must be replaced for it."""
    found = changes(kind.shape, old, new)
    replaced = {change for change in found if _top(change) in kind.fixed and not change.path.startswith("mode.")}
    if kind.token == Service.token and is_global(old) != is_global(new):
        switch = Change("mode.global", "UPDATE")
        found = [*(change for change in found if _top(change) != "mode"), switch]
        replaced.add(switch)
    replaces = sorted({_top(change) for change in replaced})
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=replaces,
        stables=[key for key in kind.fixed if key not in replaces],
        deleteBeforeReplace=bool(replaces),
        diffs=sorted({_top(change) for change in found}),
        detailedDiff={change.path: _property_diff(change, replaces=change in replaced) for change in found},
        hasDetailedDiff=True,
    )


def diff_config(old: Properties, new: Properties) -> provider_pb2.DiffResponse:
    """Answer DiffConfig: another host or version is an update of the provider, no replacement."""
    changed = bool(changes(CONFIGURATION, old, new))
    return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE)


def _property_diff(change: Change, *, replaces: bool) -> provider_pb2.PropertyDiff:
    kind = REPLACED[change.kind] if replaces else change.kind
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind), inputDiff=True)


def _top(change: Change) -> str:
    return change.path.partition(".")[0].partition("[")[0]


def _failures(found: list[check.Refusal]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=refusal.path, reason=refusal.reason) for refusal in found]
