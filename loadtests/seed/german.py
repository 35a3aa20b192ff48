"""German words and frames."""

from loadtests.seed.language import Language, Thing
from loadtests.seed.slugs import listed

# masculine, feminine, neuter: the noun alone, the articles follow.
_MASCULINE = listed(
    "Schichtplan|Prüfstand|Gabelstapler|Schweißroboter|Messbericht|Verdichter|Servicewagen|Etikettendrucker|"
    "Drehmomentschlüssel|Schulungsraum|Lieferschein|Luftfilter|Schaltschrank|Speiseplan|Notausgang|Palettenheber|Drucktest|"
    "Packtisch"
)
_FEMININE = listed(
    "Laderampe|Ersatzteilliste|Reisekostenabrechnung|Kühlanlage|Besucherkarte|Sicherheitsunterweisung|Kabeltrommel|"
    "Kundenbefragung|Lackierstraße|Inventur|Absauganlage|Werksführung|Musterbestellung|Brandschutztür"
)
_NEUTER = listed("Lageretikett|Pumpengehäuse|Wartungsfenster|Abnahmeprotokoll|Getriebe|Bestellformular|Lesegerät|Türschild")

GERMAN = Language(
    code="de",
    things=(
        *(Thing(f"der {one}", f"den {one}", f"dem {one}") for one in _MASCULINE),
        *(Thing(f"die {one}", f"die {one}", f"der {one}") for one in _FEMININE),
        *(Thing(f"das {one}", f"das {one}", f"dem {one}") for one in _NEUTER),
    ),
    places=listed(
        "Nordtor|Hafen|Mühlbach|Ostfeld|Uferweg|Steinbrück|Westhall|Eichberg|Schönblick|Königskai|Rotberg|Niedermoor|Aschfurt|"
        "Birkenau|Kupferhain|Dünental|Ulmenhorst|Fuchsbau|Grünort|Hollern|Eisenbrück|Wacholder|Kelsheim|Lerchenberg|Marlau"
    ),
    teams=(
        "Aus dem Außendienst",
        "Werkstatt",
        "Servicetheke",
        "Logistik",
        "Qualität",
        "Menschen und Orte",
        "Energie",
        "Sicher arbeiten",
        "Vertrieb",
        "Technik",
    ),
    days=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Monatsersten", "letzten Arbeitstag", "Morgen danach"),
    taglines=(
        "Was wir täglich sehen, erzählt von denen, die es sehen",
        "Kurze Berichte aus der Halle",
        "Fragen, Antworten und ein paar Fehler",
        "Was hier funktioniert",
    ),
    post_titles=(
        "Was uns {nom} in {place} gelehrt hat",
        "{place}: {nom}, einen Monat später",
        "Drei Dinge, die man über {acc} wissen sollte",
        "Warum wir {acc} in {place} geändert haben",
        "Ein Tag mit {dat} in {place}",
        "{Nom}: was wir wieder so machen würden",
        "Wie {place} {acc} in Ordnung brachte",
        "{n} Ideen für {acc} und die eine, die blieb",
        "Bevor jemand {acc} anfasst: ein Hinweis aus {place}",
        "Danke, {place}: {nom} läuft",
    ),
    openings=(
        "Als wir am {day} nach {place} kamen, sprachen alle zuerst über {acc}.",
        "Wochenlang hat {nom} die Kolleginnen und Kollegen in {place} rund {n} Minuten am Tag gekostet.",
        "{name} stellte am {day} eine einfache Frage: Wer kümmert sich um {acc}?",
        "Es begann mit einem Zettel an der Tür in {place}: Bitte {acc} nicht verändern.",
        "Die meisten von uns denken über {acc} nicht nach, jedenfalls bis zum {day}.",
        "Dies ist ein Bericht über {acc} und über die Leute in {place}, die daran gearbeitet haben.",
    ),
    middles=(
        "Wir haben {n} Tage lang gezählt und gesehen, dass die Hälfte des Ärgers aus einem einzigen Schritt kam.",
        "{name} zeichnete den ganzen Weg auf ein Blatt Papier, und die Lücke war nicht zu übersehen.",
        "In {other} kannte man das schon und hatte es mit einem Etikett und einem zweiten Blick gelöst.",
        "Niemand hatte aufgeschrieben, was bei {dat} zu tun ist, also machte es jede Schicht auf ihre Weise.",
        "Der Lieferant schickte am {day} jemanden; eine Stunde Zusehen half mehr.",
        "Wir haben es zuerst mit {n} Aufträgen versucht, denn dort kostet ein Fehler wenig.",
        "Der erste Versuch ging schief: zu laut, zu langsam und zu weit von der Tür.",
        "Seitdem gab es zweimal Stillstand, und beide Male kannten wir den Grund nach Minuten.",
        "Es dauert {n} Minuten zu Beginn der Schicht und spart mehr als das bis zum Mittag.",
        "Was uns überrascht hat: Wer sich am meisten beschwerte, hatte die besten Ideen.",
        "Die Zahlen sind klein, aber es sind unsere: {n} Fragen weniger in der Woche.",
        "In {place} hängt die Liste jetzt direkt bei {dat} und nicht mehr im Ordner.",
        "Zwei Kollegen aus {other} kamen vorbei, machten Bilder und fuhren mit einem Plan nach Hause.",
        "Wir haben auch die Nachtschicht gefragt, und dort sieht man {acc} ganz anders.",
        "Einiges ist noch offen: Die alten Teile müssen weg, und niemand wirft sie gern fort.",
        "Gekostet hat es {n} Euro für Schrauben und Farbe und einen langen Abend.",
        "Wer ein Klopfen hört, hält an und ruft {name}, bevor etwas geöffnet wird.",
        "Für Gäste hängt nun ein Schild in zwei Sprachen, das beantwortet die meisten Fragen.",
        "Eine kurze Liste an der Wand brachte mehr als die Schulung im letzten Jahr.",
        "Gemessen haben wir vorher und nachher, mit denselben Leuten und am gleichen Wochentag.",
    ),
    closings=(
        "Wie macht ihr das bei euch? Schreibt es unten dazu, {name} liest alles.",
        "Am {day} zeigen wir es allen, die nach {place} kommen.",
        "Nachmachen ist erlaubt: Die Zeichnung hängt bei {dat}.",
        "Nächsten Monat sehen wir wieder hin und sagen ehrlich, ob es gehalten hat.",
        "Danke an alle in {place}, die dafür länger geblieben sind.",
    ),
    steps=(
        "Zuerst {acc} ansehen, von beiden Seiten.",
        "Den Kolleginnen und Kollegen daneben sagen, was jetzt kommt.",
        "{n} Sekunden warten, bis alles ruht.",
        "Die Nummer vom Schild in die Liste schreiben.",
        "{name} fragen, wenn das Licht rot bleibt.",
        "Alles dorthin zurücklegen, wo die nächste Schicht es sucht.",
        "Mit Datum und Uhrzeit unterschreiben.",
        "Den Weg zur Tür frei halten.",
    ),
    headings=(
        "Was wir fanden",
        "Wie es weiterging",
        "Was es kostet",
        "Was wir gelernt haben",
        "Schritt für Schritt",
        "Vor dem Beginn",
        "Wenn etwas nicht stimmt",
        "Wer hilft",
    ),
    comments=(
        "Bei {dat} in {other} war es genauso. Ein zweites Etikett hat geholfen.",
        "Danke, {name}. Das habe ich ausgedruckt und aufgehängt.",
        "Gilt das auch für die Nachtschicht?",
        "{n} Minuten passen, wir haben ungefähr dasselbe gemessen.",
        "Gibt es noch ein Bild von der Seite?",
        "Ich sehe das anders: In {other} ist der Platz das Problem, nicht {nom}.",
        "Guter Bericht. Wer bestellt jetzt die Teile?",
        "Am {day} komme ich vorbei und sehe es mir an.",
        "Bitte den alten Weg behalten, bis die Zählung vorbei ist.",
        "Das hat uns heute eine Stunde gespart.",
    ),
    captions=("{Nom} in {place}", "{place}, vom Tor aus gesehen", "{Nom} nach dem Umbau", "Morgens in {place}"),
    page_titles=(
        "Anleitung für {acc} in {place}",
        "{Nom} in {place}",
        "Checkliste für {acc} in {place}",
        "Ansprechpartner für {acc} in {place}",
        "Fragen zu {dat} in {place}",
        "Was mit {dat} in {place} geschah",
    ),
    summaries=("erste Fassung", "Abschnitt ergänzt", "Notiz ergänzt", "auf den neuen Stand gebracht", "wie am {day} besprochen", "Antwort von {name}"),
    notes=(
        "Am {day} hat {name} geprüft: {n} von 90 Punkten.",
        "{n} Teile getauscht, siehe Liste.",
        "Neu zuständig: {name}, {place}.",
        "Frage aus {other} beantwortet von {name}.",
    ),
    facts=("Zuständig", "Ort", "Geprüft", "Teile auf Lager"),
    see_also="Siehe auch",
    more="Mehr dazu:",
    news_of="aus",
    note_heading="Notizen",
    picture="Bild",
    question="Frage",
)
