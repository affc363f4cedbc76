"""The copy: all that a stranger is served, with links that lead to files, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from recast.cli.app import recast
from recast.errors import InputError, UsageError
from recast.service.offline import records
from recast.service.offline.export import export_site
from recast.service.offline.folder import MARK
from recast.service.offline.links import OUTSIDE
from tests.service.offline.conftest import Copy
from tests.service.pages.reading import Page
from tests.service.running import ANALYSIS

LINKS = ("href", "src", "action")


def test_everything_public_is_there(copy: Copy) -> None:
    files = copy.files
    for name in (
        "index.html", "analyses.html", "analyses-2.html", "analyses.json", "analyses-2.json", "analyses.atom",
        "analyses/atlas-full-1/index.html", "analyses/atlas-full-1/index.json", "analyses/atlas-full-1/feed.atom",
        "analyses/atlas-full-1/badge.svg", "analyses/atlas-full-1/versions/1.0.0/CITATION.cff",
        "analyses/atlas-full-1/versions/2.0.0-_52_43.1/index.html", "analyses/cms/index.html",
        "analyses/_43_4d_53/index.html", "analyses/_63on/index.html", "analyses/_2e_2e/index.html", "requests.html",
        "requests-released.html", f"requests-of/{ANALYSIS}.html", "docs/index.html", "docs/reference/api.html",
        "docs/reference/errors/not-found.html", "search/head.js", "search/search.js", "README.txt",
        "signing-key.txt", MARK,
    ):  # fmt: skip
        assert name in files, name
    assert copy.exported.analyses == 49 and copy.exported.requests == 3
    assert copy.exported.files == len(files) - 1 and copy.exported.bytes == sum(map(len, files.values())) - len(
        files[MARK]
    )
    assert sum(it.endswith("/answers/index.html") for it in files) == 3 and any("/points/p1.html" in it for it in files)
    assert sum("/answers/a" in it for it in files) == 33 and any("points-2.html" in it for it in files)


def test_every_link_leads_to_a_file_and_to_a_place_in_it(copy: Copy) -> None:
    files = copy.files
    pages = {name: Page(content.decode()) for name, content in files.items() if name.endswith(".html")}
    ids = {name: {it.attributes.get("id") for it in page.elements} for name, page in pages.items()}
    for name, page in pages.items():
        assert page.faults == [], name
        for element in page.elements:
            for address in (element.attributes[key] for key in LINKS if key in element.attributes):
                parts = urlsplit(address)
                if parts.scheme:
                    assert parts.scheme in ("https", "http", "mailto") and element.tag == "a", (name, address)
                    continue
                there = _joined(name, unquote(parts.path)) if parts.path else name
                assert there in files, (name, address)
                assert not parts.fragment or parts.fragment in ids.get(there, {parts.fragment}), (name, address)


def _joined(name: str, address: str) -> str:
    folder = Path("/root") / Path(name).parent
    there = Path(*(folder / address).parts)
    resolved: list[str] = []
    for part in there.parts[1:]:
        if part == "..":
            resolved.pop()
        else:
            resolved.append(part)
    assert resolved[0] == "root", "it stays inside"
    return "/".join(resolved[1:])


def test_nothing_needs_a_service_or_comes_from_elsewhere(copy: Copy) -> None:
    for name, content in copy.files.items():
        text = content.decode("utf-8", "replace")
        assert OUTSIDE.encode() not in content, name
        if not name.endswith(".html"):
            continue
        page = Page(text)
        assert not [it for it in page.all("form") if it.attributes.get("method") != "get"], name
        assert not [it for it in page.all("a") if re.search(r"/login(?:[?#]|$)", it.attributes.get("href", ""))], name
        scripts = [it.attributes for it in page.all("script") if it.attributes.get("type") != "application/ld+json"]
        assert [it["src"] for it in scripts] == (
            ["search/search.js", "search/shown.js"] if name == "analyses.html" else []
        )
        assert not re.search(r'(?:href|src|action)="/', text), name
        assert not [it for it in page.all("img") if ":" in it.attributes["src"]], name


def test_each_page_is_the_one_that_a_stranger_is_served(copy: Copy) -> None:
    requests = {it["id"] for it in copy.stranger.get("/requests.json?limit=200").json()["items"]}
    names = [it["analysis"] for it in copy.stranger.get("/analyses.json?limit=200").json()["items"]]
    served = {"/": "index.html", "/analyses": "analyses.html", "/requests": "requests.html", "/docs": "docs/index.html"}
    served |= {f"/analyses/{it}": f"analyses/{it}/index.html" for it in names if re.fullmatch(r"[a-z0-9-]{4,}", it)}
    served |= {f"/requests/{it}": f"requests/{it}/index.html" for it in requests}
    served |= {"/docs/reference/pages": "docs/reference/pages.html"}
    assert len(served) > 45
    for address, file in served.items():
        theirs, ours = Page(copy.stranger.get(address).text), copy.page(file)
        assert _text(ours) == _text(theirs), address
        assert [it.tag for it in ours.one("main").above] == [it.tag for it in theirs.one("main").above]
        if f"{address}.json" in (it.attributes.get("href") for it in theirs.all("link")):
            beside = file.replace(".html", ".json")
            assert copy.files[beside] == copy.stranger.get(f"{address}.json").content


def _text(page: Page) -> str:
    """Return the text of a page without what the copy says of itself, or a service of those who log in."""
    text = " ".join(page.one("main").text.split())
    for said in (
        r"This is a copy: the service that it was made from takes requests, answers and comments\.",
        r"Log in to do more: [^.]*\.",
        r"Searching needs scripts\. Without them the lists have everything\.",
    ):
        text = re.sub(said, "", text)
    return " ".join(text.split())


def test_what_a_point_has_cost_is_in_a_copy_too(copy: Copy) -> None:
    assert "A point took about 0.5 core-hours" in copy.page(f"analyses/{ANALYSIS}/index.html").one("main").text
    assert "A point took" not in copy.text("analyses/atlas-full-1/index.html")


def test_nothing_private_leaves_a_trace(copy: Copy) -> None:
    everything = b"".join(copy.files.values())
    for secret in copy.hidden:
        assert secret.encode() not in everything, secret


def test_the_same_catalogue_gives_the_same_bytes_whoever_makes_them(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_FEW", 0)
    monkeypatch.setattr(records, "_AT_ONCE", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert export_site(tmp_path / "again", copy.database) == copy.exported
    again = {
        it.relative_to(tmp_path / "again").as_posix(): it.read_bytes()
        for it in (tmp_path / "again").rglob("*")
        if it.is_file()
    }
    assert again.keys() == copy.files.keys()
    assert [name for name, content in again.items() if content != copy.files[name]] == []


def test_with_an_address_feeds_and_lists_for_machines_are_absolute(copy: Copy, tmp_path: Path) -> None:
    export_site(tmp_path / "there", copy.database, "https://example.org/copy")
    there = tmp_path / "there"
    feed = ElementTree.parse(there / "analyses.atom")
    links = [it.attrib["href"] for it in feed.iter("{http://www.w3.org/2005/Atom}link")]
    assert links and all(it.startswith("https://example.org/copy/analyses") for it in links)
    addresses = [it.text or "" for it in ElementTree.parse(there / "sitemap.xml").iter() if it.tag.endswith("loc")]
    assert "https://example.org/copy/analyses/atlas-full-1/index.html" in addresses
    assert all((there / it.removeprefix("https://example.org/copy/")).is_file() for it in addresses)
    listed = json.loads((there / "hepdata/analyses.json").read_text())
    assert listed["url_templates"]["main_url"] == "https://example.org/copy/analyses/{name}/index.html"
    assert (there / "robots.txt").read_text().endswith("Sitemap: https://example.org/copy/sitemap.xml\n")
    for wrong in ("example.org", "ftp://x", "https://", "https://x/?a", "javascript:x"):
        with pytest.raises(InputError):
            export_site(tmp_path / "wrong", copy.database, wrong)


def test_without_an_address_feeds_are_relative(copy: Copy) -> None:
    feed = ElementTree.fromstring(copy.files["analyses/atlas-full-1/feed.atom"])
    links = [it.attrib["href"] for it in feed.iter("{http://www.w3.org/2005/Atom}link")]
    assert "../../analyses/atlas-full-1/versions/1.0.0/index.html" in links
    assert "sitemap.xml" not in copy.files


def test_the_command_writes_the_local_catalogue(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "site"
    runner = CliRunner()
    done = runner.invoke(recast, ["catalogue", "export", "--site", str(folder), "-o", "json"])
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout)
    assert row["site"] == str(folder) and row["requests"] == 0 and row["files"] > 300
    assert "index.html" in done.stderr
    assert Page((folder / "analyses.html").read_text()).faults == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("x")
    refused = runner.invoke(recast, ["catalogue", "export", "--site", str(tmp_path / "mine")])
    assert isinstance(refused.exception, UsageError) and (tmp_path / "mine" / "x").read_text() == "x"
    for arguments in (
        ["--site", str(folder), "atlas-full-1"], ["atlas-full-1"],
        ["atlas-full-1", "x.tar", "--url", "https://x"],
    ):  # fmt: skip
        assert runner.invoke(recast, ["catalogue", "export", *arguments]).exit_code == 2, arguments
