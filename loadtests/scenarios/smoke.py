"""Smoke: six people do everything once; each looks at what a person would look at.

Real blogs and the real wiki are read only; everything is written into the marked test spaces.
"""

from loadtests.steps import blog, wiki
from loadtests.steps.checks import shows
from loadtests.steps.person import Person, Run
from loadtests.steps.picture import png

ROUNDS = 2


class BlogReader(Person):
    """Reads every real blog: first page, feed, a post, and finds that post again by searching."""

    def live(self) -> None:
        """Go through the blogs twice."""
        for front in Run.target.named("blog") * ROUNDS:
            blog.read_front(self.me, front.url, front.title)
            for entry in blog.read_feed(self.me, front.url)[:1]:
                blog.read_post(self.me, entry.url, entry.title)
                blog.search(self.me, front.url, entry.title, entry.title)


class TestBlogReader(Person):
    """Reads the test blog's generated posts and finds each by its title; the first one is the commenter's alone."""

    def live(self) -> None:
        """Read the posts one after the other."""
        space = Run.target.blog
        for post in space.posts[1:]:
            blog.read_post(self.me, post.url, post.title)
            blog.search(self.me, space.site_url, post.title, post.title)


class Commenter(Person):
    """Signs in, comments once on what a colleague has just read, and asks the colleague to look.

    Nobody else reads that post meanwhile: a page that is made while somebody comments may be kept without the comment until its life in the cache ends.
    """

    def live(self) -> None:
        """Comment on the first generated post."""
        space, token = Run.target.blog, Run.target.token
        post, text = space.posts[0], f"A comment of run {token}: well said."
        colleague = self.colleague()
        blog.sign_in(self.me, space.site_url, space.people("subscriber")[0])
        blog.read_post(colleague, post.url, post.title)
        blog.comment(self.me, post.url, post.title, text)
        colleague.get("blog-post", post.url, shows(text))


class Author(Person):
    """Signs in, uploads a picture, publishes a post with it, and asks a colleague to look."""

    def live(self) -> None:
        """Publish once."""
        space, token = Run.target.blog, Run.target.token
        title, text = f"News of run {token}", f"Written by an author of run {token}."
        blog.sign_in(self.me, space.site_url, space.people("author")[0])
        editor = blog.open_editor(self.me, space.site_url)
        picture = blog.upload(self.me, editor, f"picture-{token}.png", png(token))
        link = blog.publish(self.me, editor, title, text, picture)
        colleague = self.colleague()
        blog.see_post(colleague, link, title, text, picture)
        colleague.get("blog-front", space.site_url, shows(title))
        blog.search(colleague, space.site_url, token, title)


class WikiReader(Person):
    """Reads the real wiki's first page and the generated pages, and searches; the first generated one is the editor's alone."""

    def live(self) -> None:
        """Read, then find a page by its title."""
        for front in Run.target.named("wiki") * ROUNDS:
            self.me.get("wiki-page", front.url, shows(front.title))
        for page in Run.target.wiki.pages[1:]:
            seen = wiki.read_page(self.me, page.url, page.title)
            wiki.search(self.me, seen, page.title, page.title)


class WikiEditor(Person):
    """Signs in, adds a sentence to a page, and asks a colleague to look."""

    def live(self) -> None:
        """Edit the first generated page."""
        space = Run.target.wiki
        page, text = space.pages[0], f"A sentence of run {Run.target.token}."
        seen = wiki.read_page(self.me, page.url, page.title)
        wiki.sign_in(self.me, seen, space.users[0])
        wiki.edit(self.me, page.url, page.title, text)
        wiki.see_edit(self.colleague(), page.url, text)
