"""Links of pages become links to files; what needs a service is taken out."""

from __future__ import annotations

import pytest

from recast.service.offline.links import OUTSIDE, relocated_data, relocated_page
from tests.service.pages.reading import Page

FILES = {"/": "index.html", "/analyses": "analyses.html", "/analyses/a&b": "analyses/a_26b/index.html"}


def relocated(text: str) -> str:
    return relocated_page(text, "../../", FILES.get)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="/">x</a>', '<a href="../../index.html">x</a>'),
        ('<a class="b" href="/analyses#c" rel="next">x</a>',
         '<a class="b" href="../../analyses.html#c" rel="next">x</a>'),
        ('<a href="/analyses/a&amp;b">x</a>', '<a href="../../analyses/a_26b/index.html">x</a>'),
        ('<a href="#c">x</a>', '<a href="#c">x</a>'),
        ('<a href="https://arxiv.org/abs/1">x</a>', '<a href="https://arxiv.org/abs/1">x</a>'),
        ('<a href="/login?to=/">Log in</a>', "<a>Log in</a>"),
        ('<link rel="alternate" href="/nowhere.json">', ""),
        ('<link rel="icon" href="/">', '<link rel="icon" href="../../index.html">'),
        ('<form role="search" method="get" action="/analyses"><input></form>',
         '<form role="search" method="get" action="../../analyses.html"><input></form>'),
        ('a<form class="x" method="post" action="/logout">\n<button>x</button>\n</form>\nb', "ab"),
        ('a<form method="get" action="/analyses"><select></select></form>b', "ab"),
        ('<script src="/static/htmx.js" defer></script>\n', ""),
        ('<script type="application/ld+json">{"a": 1}</script>',
         '<script type="application/ld+json">{"a": 1}</script>'),
        ("<p>href=&#34;/analyses&#34; &lt;a href=</p>", "<p>href=&#34;/analyses&#34; &lt;a href=</p>"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_tag(before: str, after: str) -> None:
    assert relocated(before) == after


def test_addresses_of_the_copy_itself_become_relative_or_absolute() -> None:
    feed = f'<link href="{OUTSIDE}/analyses/a&amp;b"/> <id>{OUTSIDE}</id>'
    assert (
        relocated_data(feed, "../", FILES.get) == '<link href="../analyses/a_26b/index.html"/> <id>../index.html</id>'
    )
    there = relocated_data(feed, "../", FILES.get, "https://example.org/copy/")
    assert there.startswith('<link href="https://example.org/copy/analyses/a_26b/index.html"/>')
    template = f'{{"main_url": "{OUTSIDE}/analyses/{{name}}", "val_url": "{OUTSIDE}/analyses/{{name}}#validation"}}'
    assert relocated_data(template, "", FILES.get, "https://x") == (
        '{"main_url": "https://x/analyses/{name}/index.html", "val_url": "https://x/analyses/{name}/index.html#validation"}'
    )


def test_patterns_see_what_a_strict_reader_sees() -> None:
    text = '<main><p><a title="a &gt; b" href="/">x</a> &lt;a href="/"&gt;</p><a href="/analyses">y</a></main>'
    before, after = Page(text), Page(relocated(text))
    assert [it.tag for it in before.elements] == [it.tag for it in after.elements]
    assert after.addresses == ["../../index.html", "../../analyses.html"]
    assert before.one("main").text == after.one("main").text
