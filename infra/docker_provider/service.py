"""docker:index/service:Service."""

import docker.errors

from infra.docker_provider import convergence
from infra.docker_provider.calls import Call
from infra.docker_provider.durations import seconds
from infra.docker_provider.failures import GONE, TAKEN, Failed, InitFailed, NotConvergedError, status
from infra.docker_provider.kinds import Plain, check_ours
from infra.docker_provider.service_shape import SERVICE
from infra.docker_provider.values import Properties
from infra.docker_provider.wire import Wire

TRIES = 5
GRACE_S = 10.0
MARGIN_S = 20.0
EVERYWHERE = {"delay": "1s", "timeout": "10m"}
"""Of a service on every node, of which a program cannot say how long to wait: the next service changes when the tasks of this one run, not beside them."""


class Service(Plain):
    """A Swarm service."""

    token = "docker:index/service:Service"  # noqa: S105 - a type token
    shape = SERVICE
    fixed = ("auth", "mode", "name")
    secret = ()
    version = "2"

    def body(self, inputs: Properties) -> Wire:
        """Return the spec; what Docker would fill in by itself is always said."""
        body = super().body(inputs)
        if not body.get("Mode"):
            body["Mode"] = {"Replicated": {"Replicas": 1}}
        body.setdefault("EndpointSpec", {}).setdefault("Mode", "vip")
        task = body.setdefault("TaskTemplate", {})
        task.setdefault("Runtime", "container")
        task.setdefault("RestartPolicy", {}).setdefault("Condition", "any")
        return body

    def create(self, call: Call, inputs: Properties) -> str:
        """Create it, or adopt what a killed run left; wait until it converges.

        Raises InitFailed where it is there but its tasks do not run.
        """
        body = self.body(inputs)
        try:
            identifier = str(_create(call, body)["ID"])
        except docker.errors.APIError as problem:
            if status(problem) != TAKEN:
                raise
            found = call.client.inspect_service(inputs["name"])
            check_ours("service", inputs, found["Spec"].get("Labels"))
            identifier = str(found["ID"])
            _post(call, identifier, body)
        try:
            self._converge(call, identifier, inputs)
        except NotConvergedError as problem:
            raise InitFailed(identifier, str(problem)) from problem
        return identifier

    def read(self, call: Call, identifier: str) -> Wire | None:
        """Return its spec."""
        spec: Wire = call.client.inspect_service(identifier)["Spec"]
        return spec

    def update(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Change it and wait until it converges; an update that Swarm rolls back is a failure."""
        try:
            _post(call, identifier, self.body(inputs))
        except docker.errors.APIError as problem:
            if status(problem) != GONE:
                raise
            message = "it was removed by hand; refresh the state, then run this again"
            raise Failed(message) from problem
        self._converge(call, identifier, inputs)

    def delete(self, call: Call, identifier: str, state: Properties) -> None:
        """Remove it and wait until its containers have stopped."""
        try:
            call.client.remove_service(identifier)
        except docker.errors.APIError as problem:
            if status(problem) != GONE:
                raise
        grace = ((state.get("taskSpec") or {}).get("containerSpec") or {}).get("stopGracePeriod")
        convergence.wait_stopped(call, identifier, (seconds(grace) if grace else GRACE_S) + MARGIN_S)

    def _converge(self, call: Call, identifier: str, inputs: Properties) -> None:
        settings = inputs.get("convergeConfig") or (EVERYWHERE if is_global(inputs) else None)
        if settings:
            since = call.client.inspect_service(identifier)["UpdatedAt"]
            convergence.wait(call, identifier, settings, since)


def is_global(inputs: Properties) -> bool:
    """Tell whether the service runs once on every node."""
    return bool((inputs.get("mode") or {}).get("global"))


def _create(call: Call, body: Wire) -> Wire:
    answer: Wire = call.client.create_service(
        body["TaskTemplate"],
        name=body["Name"],
        labels=body.get("Labels"),
        mode=body["Mode"],
        update_config=body.get("UpdateConfig"),
        rollback_config=body.get("RollbackConfig"),
        endpoint_spec=body["EndpointSpec"],
    )
    return answer


def _post(call: Call, identifier: str, body: Wire) -> None:
    """Send the spec as an update, again where another change came between."""
    for left in range(TRIES, 0, -1):
        version = call.client.inspect_service(identifier)["Version"]["Index"]
        try:
            call.client.update_service(
                identifier,
                version,
                task_template=body["TaskTemplate"],
                name=body["Name"],
                labels=body.get("Labels", {}),
                mode=body["Mode"],
                update_config=body.get("UpdateConfig"),
                rollback_config=body.get("RollbackConfig"),
                endpoint_spec=body["EndpointSpec"],
            )
        except docker.errors.APIError as problem:
            if "out of sequence" not in str(problem.explanation) or left == 1:
                raise
        else:
            return
