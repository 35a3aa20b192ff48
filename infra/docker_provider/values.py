"""Pulumi's property values on the wire, as plain Python and back.

A value that the engine does not know yet (preview) is ``UNKNOWN``. Secrets and
outputs are unwrapped where they come in; secrets are wrapped where they go out.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

Properties = dict[str, Any]

MARK: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's signature of a secret, not one
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS: Final = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
DEFAULTS: Final = "__defaults"


def properties(struct: struct_pb2.Struct) -> Properties:
    """Return a message's properties as plain Python."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def struct(plain: Mapping[str, Any], secret: Collection[str] = ()) -> struct_pb2.Struct:
    """Return ``plain`` as a message; its top-level keys in ``secret`` are marked as secrets."""
    message = struct_pb2.Struct()
    for key, value in plain.items():
        wrapped = {MARK: SECRET, "value": value} if key in secret and value is not None else value
        message.fields[key].CopyFrom(_value(wrapped))
    return message


def known(value: object) -> bool:
    """Tell whether ``value`` holds nothing that a preview leaves open."""
    if isinstance(value, dict):
        return all(known(part) for part in value.values())
    if isinstance(value, list):
        return all(known(part) for part in value)
    return value != UNKNOWN


def without_defaults(value: Any) -> Any:  # noqa: ANN401 - any property value
    """Return ``value`` without the engine's ``__defaults`` lists."""
    if isinstance(value, dict):
        return {key: without_defaults(part) for key, part in value.items() if key != DEFAULTS}
    return [without_defaults(part) for part in value] if isinstance(value, list) else value


def _plain(value: struct_pb2.Value) -> Any:  # noqa: ANN401 - any property value
    match value.WhichOneof("kind"):
        case "struct_value":
            return _record(value.struct_value)
        case "list_value":
            return [_plain(part) for part in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _record(message: struct_pb2.Struct) -> Any:  # noqa: ANN401 - a secret may be anything
    sign = message.fields[MARK].string_value if MARK in message.fields else ""
    if sign == SECRET:
        return _plain(message.fields["value"])
    if sign == OUTPUT:
        return _plain(message.fields["value"]) if "value" in message.fields else UNKNOWN
    return properties(message)


def _value(plain: object) -> struct_pb2.Value:
    match plain:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=plain)
        case int() | float():
            return struct_pb2.Value(number_value=plain)
        case dict():
            return struct_pb2.Value(struct_value=struct(plain))
        case list() | tuple():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_value(part) for part in plain]))
        case _:
            return struct_pb2.Value(string_value=str(plain))
