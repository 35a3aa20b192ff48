"""The people who write: names, and what they are called on the platform."""

from dataclasses import dataclass

from loadtests.seed.chance import Chance
from loadtests.seed.slugs import listed, slug

MARK = "underdesk-seed-"
WIKI_MARK = "Underdesk-seed-"
DOMAIN = "underdesk-test.invalid"

FIRST = listed(
    "Anna|Ben|Carla|David|Elena|Felix|Grace|Hannah|Ivan|Julia|Karim|Lena|Marta|Nils|Olga|Paul|Quentin|Rosa|Samir|Tara|Ulrich|"
    "Vera|Walter|Xenia|Yusuf|Zoe|Amelie|Bruno|Chiara|Dominik|Esra|Fabian|Gina|Henrik|Ines|Jonas|Katrin|Leon|Mina|Noah"
)
LAST = listed(
    "Albers|Berger|Conrad|Dietz|Engel|Farago|Graf|Hansen|Ihle|Jansen|Keller|Lindner|Moreau|Novak|Ott|Petersen|Quast|Richter|"
    "Sommer|Thaler|Urban|Vogel|Wagner|Yilmaz|Ziegler|Arnold|Brandt|Castell|Duval|Ebert|Fischer|Gruber|Holm|Jung|Kramer|"
    "Lorenz|Maier|Nowak|Oswald|Peters"
)


@dataclass(frozen=True)
class Person:
    """Somebody who writes."""

    name: str

    @property
    def login(self) -> str:
        """The account of the blogs."""
        return MARK + slug(self.name)

    @property
    def wiki_name(self) -> str:
        """The account of the wiki."""
        return WIKI_MARK + self.name


def people(seed: int, number: int) -> tuple[Person, ...]:
    """Return ``number`` people with different names."""
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    return tuple(Person(name) for name in Chance(seed, "people").some(names, number))
