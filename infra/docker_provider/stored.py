"""docker:index/serviceConfig:ServiceConfig and docker:index/secret:Secret."""

import base64

import docker.errors

from infra.docker_provider.calls import Call
from infra.docker_provider.failures import TAKEN, Failed, status
from infra.docker_provider.kinds import Plain, labels_of, remove, the_one
from infra.docker_provider.stored_shape import CONFIG, SECRET
from infra.docker_provider.values import Properties
from infra.docker_provider.wire import Wire

PATIENCE_S = 10


class ServiceConfig(Plain):
    """A file that services mount; every change replaces it."""

    token = "docker:index/serviceConfig:ServiceConfig"  # noqa: S105 - a type token
    shape = CONFIG
    fixed = ("data", "dataRaw", "labels", "name")
    secret = ()
    version = ""

    def create(self, call: Call, inputs: Properties) -> str:
        """Create it, or adopt what a killed run left if it holds the same."""
        try:
            return self._create(call, inputs)
        except docker.errors.APIError as problem:
            if status(problem) != TAKEN:
                raise
        found = the_one("config", call.client.configs(filters={"name": inputs["name"]}), inputs)
        if base64.b64decode(found["Spec"].get("Data", "")) == base64.b64decode(inputs["data"]):
            return str(found["ID"])
        remove(call, lambda: call.client.remove_config(found["ID"]), 0)
        return self._create(call, inputs)

    def read(self, call: Call, identifier: str) -> Wire | None:
        """Return what Docker holds."""
        spec: Wire = call.client.inspect_config(identifier)["Spec"]
        return spec

    def delete(self, call: Call, identifier: str, state: Properties) -> None:  # noqa: ARG002 - the id is enough
        """Remove it once no service uses it."""
        remove(call, lambda: call.client.remove_config(identifier), PATIENCE_S)

    def _create(self, call: Call, inputs: Properties) -> str:
        return str(call.client.create_config(inputs["name"], base64.b64decode(inputs["data"]), labels_of(inputs) or None)["ID"])


class Secret(Plain):
    """A secret that services mount; every change replaces it. Docker never gives its data back."""

    token = "docker:index/secret:Secret"  # noqa: S105 - a type token
    shape = SECRET
    fixed = ("data", "labels", "name")
    secret = ("data",)
    version = "1"

    def create(self, call: Call, inputs: Properties) -> str:
        """Create it; one that a killed run left is made anew, or adopted where a service uses it already.

        Its data cannot be compared, so the program names secrets by their content.
        """
        try:
            return self._create(call, inputs)
        except docker.errors.APIError as problem:
            if status(problem) != TAKEN:
                raise
        found = the_one("secret", call.client.secrets(filters={"name": inputs["name"]}), inputs)
        try:
            remove(call, lambda: call.client.remove_secret(found["ID"]), 0)
        except docker.errors.APIError:
            return str(found["ID"])
        return self._create(call, inputs)

    def read(self, call: Call, identifier: str) -> Wire | None:
        """Return what Docker tells of it."""
        spec: Wire = call.client.inspect_secret(identifier)["Spec"]
        return spec

    def delete(self, call: Call, identifier: str, state: Properties) -> None:  # noqa: ARG002 - the id is enough
        """Remove it once no service uses it."""
        remove(call, lambda: call.client.remove_secret(identifier), PATIENCE_S)

    def comparable(self, live: Properties, inputs: Properties) -> Properties:
        """Return the live values; the data are what was given."""
        return {**live, "data": inputs.get("data")}

    def _create(self, call: Call, inputs: Properties) -> str:
        try:
            data = base64.b64decode(inputs["data"])
        except ValueError:
            message = "data is not base64"
            raise Failed(message) from None
        return str(call.client.create_secret(inputs["name"], data, labels_of(inputs) or None)["ID"])
