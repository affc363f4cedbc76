"""Addresses of the service, and the files that they are: each file is made from one address, and nothing leads out."""

from __future__ import annotations

import pytest

from recast.service.offline.names import file_name
from recast.service.offline.places import Places

ANALYSES = {"atlas-1", "CMS", "cms", "..", "con", "ünïcode", "x.json"}


def places(**given: bool) -> Places:
    pages = {
        "": "index.html",
        "how-to": "how-to/index.html",
        "how-to/x": "how-to/x.html",
        "reference/api": "reference/api.html",
    }
    return Places(ANALYSES, {"atlas-1"}, pages.get, **given)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("/analyses", "analyses.html"),
        ("/analyses.json?limit=25", "analyses.json"),
        ("/analyses.atom", "analyses.atom"),
        ("/analyses.atom?q=x", None),
        ("/analyses?q=x&cursor=w:a", None),
        ("/analyses/atlas-1", "analyses/atlas-1/index.html"),
        ("/analyses/atlas-1.json", "analyses/atlas-1/index.json"),
        ("/analyses/atlas-1/feed.atom", "analyses/atlas-1/feed.atom"),
        ("/analyses/atlas-1/other", None),
        ("/analyses/atlas-1/versions/1.0.0%2BB", "analyses/atlas-1/versions/1.0.0_2b_42/index.html"),
        ("/analyses/atlas-1/versions/1.0.0.json", "analyses/atlas-1/versions/1.0.0/index.json"),
        ("/analyses/atlas-1/versions/1.0.0/CITATION.cff", "analyses/atlas-1/versions/1.0.0/CITATION.cff"),
        ("/analyses/atlas-1/versions/1.0.0-rc.json/", "analyses/atlas-1/versions/1.0.0-rc.json/index.html"),
        ("/analyses/atlas-1/versions/1.0.0-rc.json.json", "analyses/atlas-1/versions/1.0.0-rc.json/index.json"),
        ("/analyses/atlas-1/versions/1.0.0-rc.json", "analyses/atlas-1/versions/1.0.0-rc/index.json"),
        ("/analyses/atlas-1/versions/1.0.0/../../x", None),
        ("/analyses/CMS", "analyses/_43_4d_53/index.html"),
        ("/analyses/cms", "analyses/cms/index.html"),
        ("/analyses/..", "analyses/_2e_2e/index.html"),
        ("/analyses/con", "analyses/_63on/index.html"),
        ("/analyses/%C3%BCn%C3%AFcode", f"analyses/{file_name('ünïcode')}/index.html"),
        ("/analyses/x.json", "analyses/x.json/index.html"),
        ("/analyses/unknown", None),
        ("/requests", "requests.html"),
        ("/requests.json?limit=25", "requests.json"),
        ("/requests?state=released", "requests-released.html"),
        ("/requests?analysis=atlas-1", "requests-of/atlas-1.html"),
        ("/requests?analysis=cms", "requests.html"),
        ("/requests?analysis=atlas-1&state=released", None),
        ("/requests?mine=true", None),
        ("/requests/q1", "requests/q1/index.html"),
        ("/requests/q1?points=1&discussion=1", "requests/q1/index.html"),
        ("/requests/q1?points=3&discussion=1", "requests/q1/points-3.html"),
        ("/requests/q1.json", "requests/q1/index.json"),
        ("/requests/new", None),
        ("/requests/compare", None),
        ("/requests/q1/answers", "requests/q1/answers/index.html"),
        ("/requests/q1/answers.json?limit=50", "requests/q1/answers/index.json"),
        ("/requests/q1/answers?sort=x", None),
        ("/requests/q1/answers/a1", None),
        ("/requests/q1/points/p1", "requests/q1/points/p1.html"),
        ("/requests/q1/points/p1.json", "requests/q1/points/p1.json"),
        ("/docs", "docs/index.html"),
        ("/docs/how-to", "docs/how-to/index.html"),
        ("/docs/how-to/x", "docs/how-to/x.html"),
        ("/docs/images/cls.png", "docs/images/cls.png"),
        ("/docs/nothing", None),
        ("/api/v1/docs", "docs/reference/api.html"),
        ("/api/v1/openapi.json", None),
        ("/api/v1/requests/q1/answers/a1/statement", None),
        ("/login?to=/", None),
        ("/metrics", None),
        ("/static/style-0123.css", "static/style-0123.css"),
        ("/static/../x", None),
        ("/static/..%2Fx", None),
    ],
)  # fmt: skip
def test_an_address_is_a_file(address: str, file: str | None) -> None:
    found = places().place(address)
    assert (found.file if found else None) == file


def test_a_search_leads_to_the_page_that_answers_it() -> None:
    found = places().place("/analyses?collaboration=CMS&q=a+b")
    assert found is not None
    assert (found.file, found.address, found.link) == (
        "analyses.html", "/analyses", "analyses.html?collaboration=CMS&q=a+b",
    )  # fmt: skip


def test_the_parts_of_a_list_are_counted() -> None:
    known = places()
    files = [known.place(it) for it in (
        "/analyses?cursor=w:a", "/analyses?cursor=w:b", "/analyses.json?cursor=w:a&limit=25", "/analyses?cursor=w:b",
        "/requests?cursor=x", "/requests?cursor=y&state=released", "/requests.json?state=released&cursor=y&limit=25",
    )]  # fmt: skip
    assert [it.file if it else None for it in files] == [
        "analyses-2.html", "analyses-3.html", "analyses-2.json", "analyses-3.html",
        "requests-2.html", "requests-released-2.html", "requests-released-2.json",
    ]  # fmt: skip


def test_of_two_parts_of_a_request_the_one_that_is_turned_counts() -> None:
    known, address = places(), "/requests/q1?points=2&discussion=3"
    found = [known.place(address, here) for here in ("/requests/q1?points=2", "/requests/q1?discussion=3")]
    assert [it.file if it else None for it in found] == ["requests/q1/discussion-3.html", "requests/q1/points-2.html"]
    assert [it.address if it else None for it in found] == ["/requests/q1?discussion=3", "/requests/q1?points=2"]


def test_statements_are_copied_where_the_key_is() -> None:
    found = places(signed=True).place("/api/v1/requests/q1/answers/a1/statement")
    assert found is not None and found.file == "requests/q1/answers/a1.json"
    key = places(signed=True).place("/api/v1/signing-key")
    assert key is not None and key.file == "signing-key.txt"
