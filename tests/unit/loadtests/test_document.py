"""A page is read as a person sees it."""

from loadtests.steps.document import read

PAGE = """<!doctype html><html><head><title>Hello &amp; welcome
 - News</title><style>.hidden{}</style></head><body>
<svg><title>Icon</title></svg><script>var text = "only in a script";</script><noscript>No scripts</noscript>
<h1>Hello   <em>world</em></h1><img src="/a.png" alt="" /><a href="/out?a=1&amp;action=logout">Bye</a>
<form action="/post.php" method="post"><input type="hidden" name="id" value="7"><input type="checkbox" name="no" value="1">
<input type="checkbox" name="yes" value="1" checked><input type="submit" name="go" value="Go"><textarea name="comment">a &lt;b&gt;
c</textarea><input name="who"></form></body></html>"""


def test_title_is_the_windows_and_not_a_pictures() -> None:
    assert read(PAGE, "https://a.example/x/").title == "Hello & welcome - News"


def test_text_is_what_can_be_read_and_not_scripts_or_styles() -> None:
    text = read(PAGE, "https://a.example/x/").text
    assert "Hello world" in text
    assert "only in a script" not in text
    assert "No scripts" not in text


def test_form_sends_what_a_browser_would() -> None:
    form = read(PAGE, "https://a.example/x/").form("comment")
    assert form is not None
    assert form.action == "https://a.example/post.php"
    assert form.fields == {"id": "7", "yes": "1", "comment": "a <b>\nc", "who": ""}


def test_links_and_pictures_are_absolute() -> None:
    document = read(PAGE, "https://a.example/x/")
    assert document.link("action=logout") == "https://a.example/out?a=1&action=logout"
    assert document.pictures == ("https://a.example/a.png",)


def test_a_form_without_action_leads_to_its_own_page() -> None:
    form = read("<form><input name=q></form>", "https://a.example/x?y=1").form("q")
    assert form is not None
    assert form.action == "https://a.example/x?y=1"
