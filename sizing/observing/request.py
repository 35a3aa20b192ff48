"""One request of real use, as far as the estimators need it."""

from typing import Final, NamedTuple

HIT: Final = "hit"
MISS: Final = "miss"
PAGES: Final = frozenset({"page_anonymous", "page_signed_in", "wiki_view"})
WRITES: Final = frozenset({"comment", "post", "upload", "sign_in", "wiki_edit"})
ACTS: Final = PAGES | WRITES | {"search"}
"""What a person does; pictures, styles and feeds come by themselves."""


class Request(NamedTuple):
    """``visitor`` and ``person`` are pseudonyms in hex ('' where nobody has signed in); ``kind`` a class of the plan, '' for none."""

    began_s: float
    took_s: float
    visitor: str
    person: str
    kind: str
    page: str
    cache: str
