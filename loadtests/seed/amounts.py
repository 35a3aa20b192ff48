"""How much a size is, and what room it takes."""

from dataclasses import dataclass

from runtime.errors import PlanError

MIB = 1024 * 1024


@dataclass(frozen=True)
class Amounts:
    """The numbers of one size; ``edits`` counts every version of every wiki page, the first included."""

    people: int
    blogs: int
    posts_per_blog: int
    comments: int
    pages: int
    edits: int
    remarks: int
    files: int

    @property
    def posts(self) -> int:
        """Posts of all blogs; each has one picture of its own, in three sizes."""
        return self.blogs * self.posts_per_blog


SIZES = {
    "s": Amounts(people=12, blogs=3, posts_per_blog=4, comments=30, pages=20, edits=60, remarks=12, files=4),
    "m": Amounts(people=60, blogs=20, posts_per_blog=10, comments=600, pages=200, edits=600, remarks=100, files=20),
    "l": Amounts(people=300, blogs=100, posts_per_blog=20, comments=4000, pages=1000, edits=3000, remarks=500, files=100),
}

# Measured on a desk (benchmarks/seed.py): what the data folder grows by, the database's own log included, in KiB of each thing.
PER_BLOG_KIB, PER_POST_KIB, PER_COMMENT_KIB, PER_EDIT_KIB, PER_FILE_KIB = 1700, 60, 2, 25, 150
RESERVE_MIB = 512


def amounts(size: str) -> Amounts:
    """Return the amounts of ``size``; raises PlanError where there is none of that name."""
    if size not in SIZES:
        raise PlanError(f"{size!r} is no size" if size else "which size?", where="--size", hint="write s, m or l ('plan seed --help')")
    return SIZES[size]


def needed_mib(wanted: Amounts) -> int:
    """Return the room on the disk that ``wanted`` takes, in MiB."""
    kib = (
        wanted.blogs * PER_BLOG_KIB
        + wanted.posts * PER_POST_KIB
        + (wanted.comments + wanted.remarks) * PER_COMMENT_KIB
        + wanted.edits * PER_EDIT_KIB
        + wanted.files * PER_FILE_KIB
    )
    return -(-kib // 1024)
