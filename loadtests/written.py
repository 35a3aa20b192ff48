"""What was written and acknowledged, and whether all of it is there once."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from loadtests.load import Writes

WORD = re.compile(r"w[a-z0-9]+x\d{6}z")


@dataclass
class Ledger:
    """Words that stand in no other text: one for each write that was tried."""

    token: str
    tried: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    """By word, the address of the page that shows it."""

    def word(self) -> str:
        """Return a word for the next write."""
        self.tried += 1
        return f"w{self.token}x{self.tried:06d}z"

    def acknowledge(self, word: str, url: str) -> None:
        """Take down that the platform has answered: it is saved."""
        self.acknowledged[word] = url

    def pages(self) -> dict[str, str]:
        """Return the word that was acknowledged last, by page."""
        return {url: word for word, url in self.acknowledged.items()}

    def audit(self, texts: Iterable[str], stale: Iterable[str] = ()) -> Writes:
        """Compare with everything that is kept: ``texts`` are titles, comments and pages, each once."""
        found = Counter(word for text in texts for word in WORD.findall(text))
        return Writes(
            acknowledged=len(self.acknowledged),
            lost=tuple(word for word in self.acknowledged if not found[word]),
            doubled=tuple(word for word, times in found.items() if times > 1),
            stale=tuple(stale),
        )
