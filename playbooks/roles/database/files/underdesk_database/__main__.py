"""The database of this host: started as agreed with the others, told to those who ask. Written by underdesk."""

import sys

import agent
import failing_over
import settings as places
import starting

USAGE = """usage: underdesk-database start | serve
       underdesk-database status             what this host and the others tell
       underdesk-database go-without HOST... begin without hosts that are lost for good: what only they had written is lost
       underdesk-database begin-here         this host holds the truth: begin with what it has, whatever the others hold
       underdesk-database fail-over [--lost] the copy here becomes the primary; --lost: the old one does not answer, what it wrote last is lost
       underdesk-database give-up-data       the databases here may be replaced by those of the cluster
"""


def main(arguments: list[str]) -> int:
    """Do one of them."""
    settings = places.read()
    match arguments:
        case ["start"]:
            starting.start(settings)
        case ["serve"]:
            agent.serve(settings)
        case ["status"]:
            _status(settings)
        case ["go-without", *hosts] if hosts and set(hosts) <= settings.others.keys():
            _word("without", " ".join(hosts))
        case ["fail-over", *how] if how in ([], ["--lost"]):
            return failing_over.fail_over(settings, lost=bool(how))
        case ["begin-here" | "give-up-data"]:
            _word(arguments[0], "yes")
        case _:
            sys.stderr.write(USAGE)
            return 2
    return 0


def _word(name: str, text: str) -> None:
    (places.RUN / name).write_text(f"{text}\n", encoding="utf-8")


def _status(settings: places.Settings) -> None:
    import members  # noqa: PLC0415

    found = members.ask(places.Settings(settings.mode, "", settings.members, settings.port, settings.databases))
    for name in settings.members:
        sys.stdout.write(f"{name}: {members.written(found[name]) if name in found else 'does not answer'}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
