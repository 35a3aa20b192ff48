"""YAML whose every error knows its line."""

import re
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.scanner import Scanner

NO_TEXT: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in a YAML file (YAML 1.2.2, c-printable)."""
HALF: Final = re.compile("[\ud800-\udfff]")
TAG: Final = "tag:yaml.org,2002:"
KINDS: Final = {"bool": "true or false", "int": "a number", "float": "a number", "null": "empty", "timestamp": "a date", "seq": "a list", "map": "a mapping"}
TEXTS: Final = ("str", "merge")


class MisreadError(MarkedYAMLError):
    """What is wrong in a line, and (``note``) what to write instead."""

    def __init__(self, problem: str, hint: str, mark: StringMark) -> None:
        super().__init__(problem=problem, problem_mark=mark, note=hint)


class _Scanner(Scanner):
    def fetch_more_tokens(self) -> Any:  # noqa: ANN401 - ruamel has no types
        try:
            return super().fetch_more_tokens()
        except (ValueError, OverflowError):
            raise MisreadError(
                "has an escape or a version that stands for nothing", "write the sign itself instead of a '\\' and a number", self.reader.get_mark()
            ) from None


class _Constructor(SafeConstructor):
    def construct_object(self, node: Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - as ruamel calls it
        try:
            found = super().construct_object(node, deep)
        except (ValueError, OverflowError) as problem:
            raise MisreadError(*_impossible(node, str(problem)), node.start_mark) from None
        if isinstance(node, ScalarNode) and HALF.search(node.value):
            raise MisreadError("has an escape that is half a sign", "write the sign itself instead of a '\\' and a number", node.start_mark)
        return found

    def construct_mapping(self, node: Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - as ruamel calls it
        for key, _value in node.value if isinstance(node, MappingNode) else ():
            kind = _kind(key)
            if kind not in TEXTS:
                shown = f" ({key.value})" if isinstance(key, ScalarNode) and key.value else ""
                hint = "a key is a word, as in 'name: pilot': is one missing, or does this line belong to the one above?"
                raise MisreadError(f"has a key that is no text but {KINDS.get(kind, kind)}{shown}", hint, key.start_mark)
        return super().construct_mapping(node, deep)


def reader() -> YAML:
    """Return a reader of plain YAML; it raises YAMLError with a mark for whatever it cannot read, RecursionError for what is nested too deeply."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner, yaml.Constructor = _Scanner, _Constructor
    return yaml


def _kind(node: Node) -> str:
    return str(node.tag).removeprefix(TAG)


def _impossible(node: Node, why: str) -> tuple[str, str]:
    if _kind(node) == "timestamp":
        return f"has no possible date: {why}", "write a day that there is, as YYYY-MM-DD; put text in quotes"
    return "has a number that is too long", "write a shorter one; put text in quotes"
