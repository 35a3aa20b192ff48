"""docker:index/network:Network."""

import docker.errors

from infra.docker_provider.calls import Call
from infra.docker_provider.failures import TAKEN, status
from infra.docker_provider.kinds import Plain, remove, the_one
from infra.docker_provider.stored_shape import NETWORK
from infra.docker_provider.values import Properties
from infra.docker_provider.wire import Wire, decode

PATIENCE_S = 60


class Network(Plain):
    """A network; every change replaces it."""

    token = "docker:index/network:Network"  # noqa: S105 - a type token
    shape = NETWORK
    fixed = ("attachable", "driver", "ingress", "internal", "ipamConfigs", "ipamDriver", "ipamOptions", "ipv6", "labels", "name", "options")
    secret = ()
    version = "1"

    def create(self, call: Call, inputs: Properties) -> str:
        """Create it, or adopt what a killed run left.

        Docker also refuses the name while this node still has its own copy of a network that was removed:
        that copy goes with its last container, and is waited for; it may have gone since it was refused.
        """
        for left in range(PATIENCE_S, -1, -1):
            try:
                return self._create(call, inputs)
            except docker.errors.APIError as problem:
                if status(problem) != TAKEN:
                    raise
                named = [one for one in call.client.networks(names=[inputs["name"]]) if one["Name"] == inputs["name"]]
                if any(map(_real, named)):
                    return self._adopt(call, inputs, [one for one in named if _real(one)])
                if not left or call.cancelled.wait(1):
                    raise
                call.say(f"a container {'is still' if named else 'was'} on the removed network of this name, {left} s left")
        raise AssertionError

    def _adopt(self, call: Call, inputs: Properties, named: list[Wire]) -> str:
        found = the_one("network", named, inputs)
        live, wanted = decode(self.shape, found), decode(self.shape, self.body(inputs))
        if self.comparable(live, inputs) == wanted:
            return str(found["Id"])
        remove(call, lambda: call.client.remove_network(found["Id"]), 1)
        return self._create(call, inputs)

    def read(self, call: Call, identifier: str) -> Wire | None:
        """Return Docker's answer.

        For a while after a swarm's network was removed a node shows its own copy of it,
        told by the list of its peers: that copy is no network.
        """
        found = [one for one in call.client.networks(ids=[identifier]) if one["Id"] == identifier]
        return next(filter(_real, found), None)

    def delete(self, call: Call, identifier: str, state: Properties) -> None:  # noqa: ARG002 - the id is enough
        """Remove it once the last task has left it."""
        remove(call, lambda: call.client.remove_network(identifier), PATIENCE_S)

    def comparable(self, live: Properties, inputs: Properties) -> Properties:
        """Return the live values of what is given: Docker adds options and a gateway by itself."""
        given = {key: value for key, value in live.items() if inputs.get(key) is not None}
        for table in ("options", "ipamOptions"):
            if table in given:
                given[table] = {key: value for key, value in given[table].items() if key in inputs[table]}
        if "ipamConfigs" in given:
            asked = {config.get("subnet"): config for config in inputs["ipamConfigs"]}
            given["ipamConfigs"] = [_given_only(config, asked.get(config.get("subnet"), config)) for config in given["ipamConfigs"]]
        return given

    def computed(self, body: Wire) -> Properties:
        """Return how far the network reaches."""
        return {"scope": body.get("Scope", "")}

    def _create(self, call: Call, inputs: Properties) -> str:
        body = self.body(inputs)
        answer = call.client.create_network(
            body["Name"],
            driver=body.get("Driver"),
            options=body.get("Options"),
            ipam=body.get("IPAM"),
            check_duplicate=True,
            internal=body.get("Internal", False),
            labels=body.get("Labels"),
            enable_ipv6=body.get("EnableIPv6", False),
            attachable=body.get("Attachable"),
            ingress=body.get("Ingress"),
        )
        return str(answer["Id"])


def _given_only(config: Properties, asked: Properties) -> Properties:
    return {key: value for key, value in config.items() if asked.get(key) is not None}


def _real(network: Wire) -> bool:
    """Tell a network from a node's own copy of a swarm's network that was removed."""
    return network.get("Scope") != "swarm" or "Peers" not in network
