"""Whether new images would change the tables of the database: asked of the images and the database before anything rolls."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.deployment import Deployment
from runtime.errors import PlanError
from runtime.run import run

BLOGS_WANT = 'require "/usr/share/wordpress/wp-includes/version.php"; echo $wp_db_version;'
BLOGS_HAVE = "SELECT option_value FROM blogs.wp_options WHERE option_name = 'db_version';"
WIKI_WANT = (
    'require "/usr/share/underdesk/code/Schema.php"; '
    '$wanted = new ReflectionMethod("Underdesk\\\\Schema", "wanted"); $wanted->setAccessible(true); echo $wanted->invoke(null);'
)
WIKI_HAVE = "SELECT ul_key FROM wiki.updatelog WHERE ul_key LIKE 'underdesk-schema-%';"


@dataclass(frozen=True)
class SchemaChange:
    """An application whose tables a new image would change."""

    application: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"the tables of {self.application} change: {self.before} -> {self.after}"


def changes(deployment: Deployment, references: Mapping[str, str]) -> tuple[SchemaChange, ...]:
    """Return what the images in ``references`` would change of the database that runs."""
    return compare(functools.partial(_have, deployment), _want, references)


def compare(have: Callable[[str], str], want: Callable[[str, str], str], references: Mapping[str, str]) -> tuple[SchemaChange, ...]:
    """Return the same where ``have`` answers a statement of the database, and ``want`` what an image's PHP says to a piece of code."""
    found = (
        SchemaChange("blogs", have(BLOGS_HAVE), want(references["blogs"], BLOGS_WANT)),
        SchemaChange("wiki", wiki_schema(have(WIKI_HAVE)), wiki_schema(want(references["wiki"], WIKI_WANT))),
    )
    return tuple(change for change in found if change.before != change.after)


def ahead(deployment: Deployment, references: Mapping[str, str]) -> tuple[str, ...]:
    """Return what must be said before going back to ``references``: tables that have moved on stay as they are."""
    try:
        found = changes(deployment, references)
    except PlanError:  # the database does not answer, which may be why somebody goes back
        return ()
    return tuple(
        f"the tables of {one.application} are of {one.before}, that version wants {one.after}: they stay; 'plan restore' brings older ones" for one in found
    )


def wiki_schema(key: str) -> str:
    """Return what of MediaWiki's mark says which tables there are.

    Within a branch (1.43) releases do not change tables, by MediaWiki's own rule; the set of extensions (the last part) may.
    """
    parts = key.removeprefix("underdesk-schema-").split("-")
    return "-".join([".".join(parts[0].split(".")[:2]), *parts[1:]])


def _have(deployment: Deployment, statement: str) -> str:
    argv = ["docker", "exec", "--interactive", "--user", "0", deployment.container("database"), "mariadb", "--batch", "--skip-column-names"]
    return run(argv, stdin=statement, timeout_s=60).stdout.strip()


def _want(reference: str, code: str) -> str:
    argv = ["docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--entrypoint", "php", reference]
    return run([*argv, "-n", "-r", code], timeout_s=120).stdout.strip()
