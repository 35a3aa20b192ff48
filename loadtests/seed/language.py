"""What is said, by language: things, places and frames of sentences, all our own."""

from dataclasses import dataclass

from loadtests.seed.chance import Chance


@dataclass(frozen=True)
class Thing:
    """What a text is about, as subject, object and after a preposition (German has a case for each)."""

    nom: str
    acc: str
    dat: str


@dataclass(frozen=True)
class Language:
    """Words and frames; in a frame stand {nom} {Nom} {acc} {dat} {place} {other} {name} {n} {day}."""

    code: str
    things: tuple[Thing, ...]
    places: tuple[str, ...]
    teams: tuple[str, ...]
    days: tuple[str, ...]
    taglines: tuple[str, ...]
    post_titles: tuple[str, ...]
    openings: tuple[str, ...]
    middles: tuple[str, ...]
    closings: tuple[str, ...]
    steps: tuple[str, ...]
    headings: tuple[str, ...]
    comments: tuple[str, ...]
    captions: tuple[str, ...]
    page_titles: tuple[str, ...]
    summaries: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[str, ...]
    see_also: str
    more: str
    news_of: str
    note_heading: str
    picture: str
    question: str

    def words(self, chance: Chance, thing: Thing, place: str, name: str) -> dict[str, str]:
        """Return what the frames of one text say; ``n`` and ``day`` are drawn anew for each sentence."""
        return {
            "nom": thing.nom,
            "Nom": thing.nom[0].upper() + thing.nom[1:],
            "acc": thing.acc,
            "dat": thing.dat,
            "place": place,
            "other": chance.pick(self.places),
            "name": name,
        }


def said(frame: str, words: dict[str, str], chance: Chance, language: Language) -> str:
    """Return ``frame`` with its words."""
    text = frame.format(**words, n=chance.between(2, 90), day=chance.pick(language.days))
    return text[0].upper() + text[1:]


def spoken(code: str) -> Language:
    """Return the language of the platform, English where we have no words of it."""
    from loadtests.seed import english, german  # noqa: PLC0415 - they need what stands here

    return german.GERMAN if code == "de" else english.ENGLISH
