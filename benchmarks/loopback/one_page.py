"""The page of benchmarks/generator at its steady rate, by so many browsers that none has to open a second connection in a stall. A Locust file."""

from benchmarks.generator import one_page


class Enough(one_page.OnePage):
    """As many as k6 has."""

    browsers = 300


del one_page.OnePage
