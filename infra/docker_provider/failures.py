"""What can go wrong, said once and so that it can be mended."""

import re

import docker.errors
import requests

GONE = 404
TAKEN = 409
WRAPPING = re.compile(r"rpc error: code = \w+ desc = ")


class Failed(Exception):  # noqa: N818 - the word the engine prints
    """The operation failed; nothing of it needs to be remembered."""


class NotConvergedError(Failed):
    """The resource is there, but its tasks do not run as asked."""


class InitFailed(Failed):
    """The resource was created as ``identifier``, but does not work (yet)."""

    def __init__(self, identifier: str, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier


def reason(problem: Exception, host: str) -> str:
    """Return one line about ``problem``: the daemon's own words where it said any."""
    if isinstance(problem, docker.errors.APIError):
        return WRAPPING.sub("", str(problem.explanation or problem).strip())
    if isinstance(problem, docker.errors.DockerException | requests.RequestException | OSError):
        return f"the Docker engine at {host} does not answer; start it (service docker start), then run this again ({_last_cause(problem)})"
    return str(problem) or type(problem).__name__


def status(problem: Exception) -> int:
    """Return the HTTP status of the daemon's refusal, 0 where it is none."""
    answer = problem.response if isinstance(problem, docker.errors.APIError) else None
    return answer.status_code if answer is not None else 0


def _last_cause(problem: BaseException) -> str:
    while problem.__cause__ or problem.__context__:
        problem = problem.__cause__ or problem.__context__ or problem
    return str(problem)
