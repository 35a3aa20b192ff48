"""What an operation on a resource works with."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

Client = Any  # docker.APIClient; its type stubs are partial


@dataclass(frozen=True)
class Call:
    """Docker's API, the engine's cancel, a status line."""

    client: Client
    cancelled: Event
    say: Callable[[str], None]
