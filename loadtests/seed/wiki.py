"""Wiki pages with links, history, pictures and remarks."""

from dataclasses import dataclass

from loadtests.seed import calendar, texts
from loadtests.seed.amounts import Amounts
from loadtests.seed.chance import Chance
from loadtests.seed.language import Language, Thing
from loadtests.seed.people import WIKI_MARK, Person
from loadtests.seed.popularity import Popular, divided, ranks, weights
from loadtests.seed.slugs import slug

NAMESPACE = "Rehearsal"
LINKS = (3, 6)
NOTES = 12


@dataclass(frozen=True)
class Revision:
    """One version of a page."""

    by: str
    at: str
    summary: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page with its history; ``remarks`` are the versions of its talk page. ``picture`` names what is drawn, '' where none is."""

    title: str
    rank: int
    revisions: tuple[Revision, ...]
    remarks: tuple[Revision, ...]
    picture: str

    @property
    def file(self) -> str:
        """The name of its picture; the beginning is the mark of seeded content."""
        return f"{WIKI_MARK}{slug(self.title)}.jpg"


class Wiki:
    """How all pages of one seed are written; each is made when it is asked for."""

    def __init__(self, seed: int, wanted: Amounts, language: Language, people: tuple[Person, ...]) -> None:
        """Divide popularity, edits, remarks, titles and links among the pages."""
        chance, shares = Chance(seed, "wiki"), weights(wanted.pages)
        edits, remarks = divided(wanted.edits, shares, least=1), divided(wanted.remarks, shares)
        self.seed, self.wanted, self.language, self.people = seed, wanted, language, people
        self._ranks = ranks(chance, wanted.pages)
        self._subjects = texts.subjects(language, chance, language.page_titles, wanted.pages)
        self._edits = [edits[rank - 1] for rank in self._ranks]
        self._remarks = [remarks[rank - 1] for rank in self._ranks]
        self._by_rank = sorted(range(wanted.pages), key=lambda at: self._ranks[at])
        self._popular, self._writers = Popular(shares), Popular(weights(len(people)))

    def page(self, number: int) -> Page:
        """Return page ``number``, from 0."""
        _, thing, place = self._subjects[number]
        chance = Chance(self.seed, "page", number)
        title, rank = self._title(number), self._ranks[number]
        picture = f"{self.seed}/page/{number}" if rank <= self.wanted.files else ""
        page = Page(title, rank, (), (), picture)
        writer = texts.Writer(self.language, chance, thing, place, self._writer(chance).name)
        revisions = self._history(writer, page, thing, self._edits[number], self._links(chance, number))
        remarks = self._discussion(writer, self._remarks[number])
        return Page(title, rank, revisions, remarks, picture)

    def ranked(self) -> list[tuple[str, int]]:
        """Return title and rank of every page."""
        return [(self._title(number), rank) for number, rank in enumerate(self._ranks)]

    def _title(self, number: int) -> str:
        frame, thing, place = self._subjects[number]
        # Its own chance: a title that is linked must be the title that is written.
        return texts.Writer(self.language, Chance(self.seed, "title", number), thing, place, "").fill(frame)

    def _writer(self, chance: Chance) -> Person:
        return self.people[self._writers.draw(chance)]

    def _links(self, chance: Chance, number: int) -> list[str]:
        """Return the titles of other pages: the popular ones are linked to most."""
        wanted, found = min(chance.between(*LINKS), self.wanted.pages - 1), dict[int, str]()
        while len(found) < wanted:
            target = self._by_rank[self._popular.draw(chance)]
            if target != number:
                found[target] = self._title(target)
        return list(found.values())

    def _history(self, writer: texts.Writer, page: Page, thing: Thing, edits: int, links: list[str]) -> tuple[Revision, ...]:
        language, chance = self.language, writer.chance
        sections = _sections(writer, thing)
        shown, notes, found = 2, list[str](), list[Revision]()
        for number, at in enumerate(_moments(chance, edits)):
            if number and (shown == len(sections) or chance.share() < 0.4):  # noqa: PLR2004 - two edits in five add a note
                notes = [*notes, writer.say(language.notes)][-NOTES:]
            elif number:
                shown += 1
            summary = language.summaries[0] if number == 0 else writer.say(language.summaries[1:])
            text = _text(writer.language, page, sections[:shown], notes, links)
            found.append(Revision(self._writer(chance).wiki_name, at, summary, text))
        return tuple(found)

    def _discussion(self, writer: texts.Writer, number: int) -> tuple[Revision, ...]:
        found, text = list[Revision](), ""
        for at in _moments(writer.chance, number):
            person, said = self._writer(writer.chance), writer.say(self.language.comments)
            text += f"== {self.language.question} {len(found) + 1} ==\n{said} --[[User:{person.wiki_name}|{person.name}]] {at[:10]}\n\n"
            found.append(Revision(person.wiki_name, at, self.language.question, text))
        return tuple(found)


def _moments(chance: Chance, number: int) -> list[str]:
    """Return ``number`` different moments, the oldest first."""
    found: set[str] = set()
    while len(found) < number:
        found.add(calendar.written(calendar.moment(chance)))
    return sorted(found)


def _sections(writer: texts.Writer, thing: Thing) -> list[str]:
    language = writer.language
    headings = writer.headings(writer.chance.between(3, 6))
    first = f"'''{thing.nom[0].upper()}{thing.nom[1:]}''': " + writer.paragraph(writer.say(language.openings))
    cells = "".join(f"|-\n| {fact} || {writer.chance.between(2, 90)}\n" for fact in language.facts[2:])
    table = f'{{| class="wikitable"\n! {language.facts[0]} !! {writer.fill("{name}")}\n|-\n| {language.facts[1]} || {writer.fill("{place}")}\n{cells}|}}'
    body = [f"== {heading} ==\n{writer.paragraph()}\n\n{_numbered(writer)}" for heading in headings]
    return [f"{first}\n\n{table}", *body]


def _numbered(writer: texts.Writer) -> str:
    return "\n".join(f"# {step}" for step in writer.steps()) if writer.chance.share() < 0.5 else writer.paragraph()  # noqa: PLR2004 - every other one


def _text(language: Language, page: Page, sections: list[str], notes: list[str], links: list[str]) -> str:
    picture = [f"[[File:{page.file}|thumb|{page.title}]]"] if page.picture else []
    noted = [f"== {language.note_heading} ==\n" + "\n".join(f"* {note}" for note in notes)] if notes else []
    listed = f"== {language.see_also} ==\n" + "\n".join(f"* [[{NAMESPACE}:{title}|{title}]]" for title in links)
    return "\n\n".join([*picture, *sections, *noted, listed])
