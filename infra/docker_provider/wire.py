"""Properties to the body of Docker's API, and back."""

from typing import Any

from infra.docker_provider.shapes import Leaf, Record, Records, Shape
from infra.docker_provider.values import DEFAULTS, Properties

Wire = dict[str, Any]


def encode(shape: Record, properties: Properties) -> Wire:
    """Return the body for Docker's API; what is not given is not sent."""
    body: Wire = {}
    for key, value in properties.items():
        if key == DEFAULTS or value is None or key not in shape.fields or not shape.fields[key].wire:
            continue
        encoded = _encode(shape.fields[key], value)
        if encoded is not None:
            _put(body, shape.fields[key].wire, encoded)
    return body


def decode(shape: Record, body: Wire) -> Properties:
    """Return the properties that ``body`` has; zero values count as not given."""
    found = {key: _decode(part, _get(body, part.wire)) for key, part in shape.fields.items() if part.wire}
    return {key: value for key, value in found.items() if value is not None}


def _encode(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - a property value
    match shape:
        case Leaf():
            return shape.encode(value)
        case Record():
            return encode(shape, value)
        case Records():
            return shape.pack(value) if shape.pack else [encode(shape.item, item) for item in value]


def _decode(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - a property value
    match shape:
        case Leaf():
            plain = None if value is None else shape.decode(value)
            return plain if plain or (shape.keep_zero and plain is not None) else None
        case Record():
            return decode(shape, value or {}) or None
        case Records():
            items = shape.unpack(value) if shape.unpack else [decode(shape.item, item) for item in value or []]
            return items or None


def _put(body: Wire, path: str, value: Any) -> None:  # noqa: ANN401 - a property value
    *parents, last = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


def _get(body: Wire, path: str) -> Any:  # noqa: ANN401 - a property value
    value: Any = body
    for part in path.split("."):
        value = (value or {}).get(part)
    return value
