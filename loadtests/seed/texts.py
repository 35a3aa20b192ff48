"""Sentences, paragraphs and titles from a language's frames."""

from collections.abc import Iterable, Sequence
from itertools import product

from loadtests.seed.chance import Chance
from loadtests.seed.language import Language, Thing, said

SENTENCES = (3, 5)


class Writer:
    """Somebody writing about one thing at one place; no sentence comes twice in a text."""

    def __init__(self, language: Language, chance: Chance, thing: Thing, place: str, name: str) -> None:
        self.language, self.chance = language, chance
        self._words = language.words(chance, thing, place, name)
        self._unsaid = chance.shuffled(language.middles)

    def say(self, frames: Sequence[str]) -> str:
        """Return one of ``frames`` with its words."""
        return self.fill(self.chance.pick(frames))

    def fill(self, frame: str) -> str:
        """Return ``frame`` with its words."""
        return said(frame, self._words, self.chance, self.language)

    def sentence(self) -> str:
        """Return the next sentence of the middle."""
        if not self._unsaid:
            self._unsaid = self.chance.shuffled(self.language.middles)
        return self.fill(self._unsaid.pop())

    def paragraph(self, *first: str) -> str:
        """Return some sentences, ``first`` at the beginning."""
        return " ".join([*first, *(self.sentence() for _ in range(self.chance.between(*SENTENCES)))])

    def steps(self) -> list[str]:
        """Return what is to be done, one thing after the other."""
        return [self.fill(frame) for frame in self.chance.some(self.language.steps, self.chance.between(3, 6))]

    def headings(self, number: int) -> list[str]:
        """Return ``number`` different headings, as many as there are."""
        return self.chance.some(self.language.headings, number)


def subjects(language: Language, chance: Chance, frames: Iterable[str], number: int) -> list[tuple[str, Thing, str]]:
    """Return ``number`` different (frame of a title, thing, place)."""
    every = list(product(frames, language.things, language.places))
    if number > len(every):
        raise AssertionError(number)
    return chance.some(every, number)
