"""A Locust file for the tests: one person for each blog reads its first page."""

from loadtests.steps import blog
from loadtests.steps.person import Person, Run


class Inside(Person):
    """Reads the first blog."""

    def live(self) -> None:
        front = Run.target.named("blog")[0]
        blog.read_front(self.me, front.url, front.title)


class Outside(Person):
    """Reads the second blog."""

    def live(self) -> None:
        front = Run.target.named("blog")[1]
        blog.read_front(self.me, front.url, front.title)
