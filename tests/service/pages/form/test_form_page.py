"""The form in a browser without scripts: filled, checked, saved, changed; by a stranger, its owner, somebody else."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx2
import pytest

from recast.operations.desk.request_file import read_request_file
from tests.service.pages.filled import OURS, Browser, Filled, form_of, logged_in
from tests.service.pages.reading import HTML, Page, read
from tests.service.pages.shelf import INPUTS, SCRIPT, put, record
from tests.service.running import API, Running

NAME = "atlas-form-1"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["mass"],
    "properties": {
        **INPUTS["properties"],
        "process": {"type": "string", "enum": ["auto", "squark"], "default": "auto"},
        "slha": {"type": "string", "format": "file", "description": "The spectrum."},
    },
}
SPECTRUM = b"BLOCK MASS\n 1000021 1500.\n 1000022 100.\nDECAY 1000021 1.0\n 1.0 3 1000022 1 -1\n"


@pytest.fixture(scope="module", autouse=True)
def search(site: Running) -> str:
    return put(site, record(NAME, inputs=SCHEMA))


@pytest.fixture(scope="module")
def alice(site: Running) -> Browser:
    return logged_in(site, "alice")


def stepped(browser: Browser, page: Page, do: str, status: int = 200, **fields: Any) -> Page:
    """Return the page after a step; `_` in the name of a field stands for `-`."""
    form = form_of(page, "check", "do").having(do=do, **{key.replace("_", "-"): it for key, it in fields.items()})
    return browser.refused(form, status)


def with_files(browser: Browser, form: Filled, files: dict[str, Any]) -> httpx2.Response:
    """Send a form with files, in parts."""
    data: dict[str, list[str]] = {}
    for name, text in form.fields:
        data.setdefault(name, []).append(text)
    return browser.client.post(form.address, data=data, files=files, headers={**browser.cookie, **OURS})


def document(browser: Browser, path: str) -> dict[str, Any]:
    found: dict[str, Any] = browser.client.get(f"{API}{path}", headers=browser.cookie).json()
    return found


def saved(browser: Browser, page: Page, **fields: Any) -> str:
    answer = browser.send(form_of(page, "check", "do").having(do="save", **fields))
    assert answer.status_code == 303, answer.text[:3000]
    return str(answer.headers["location"])


def value(page: Page, name: str) -> str:
    return dict(form_of(page, "check", "do").fields)[name]


def test_an_empty_form_is_made_from_the_schema(alice: Browser) -> None:
    page = alice.see(f"/requests/new?analysis={NAME}")
    fields = dict(form_of(page, "check", "do").fields)
    assert fields["analysis"] == NAME and fields["column"] == "inputs.mass" and fields["cell-0-0"] == ""
    assert "number, 100 to 3000, in GeV" in page.words and "example 300" in page.words
    assert [it.text for it in page.all("h2")] == ["What you ask", "Points", "Grid", "As text, and as a file"]
    options = [it.attributes["value"] for it in page.all("option")]
    assert {"toys", "process", "slha", "public", "private"} <= {*options} and "mass" not in options


def test_a_grid_and_a_point_become_a_request(alice: Browser, tmp_path: Path) -> None:
    page = alice.see(f"/requests/new?analysis={NAME}")
    page = stepped(alice, page, "remove-column:0")
    page = stepped(alice, page, "add-axis")
    page = stepped(alice, page, "add-axis")
    grid = {"axis_name": ["m_a", "m_b"], "axis_start": ["100", ""], "axis_stop": ["300", ""], "axis_number": ["3", ""]}
    page = stepped(alice, page, "show", **grid, axis_values=["", "0, 50"], title="Winos", reason="Why\r\nnot")
    assert "6 points of the grid added." in page.words
    assert [value(page, f"cell-{row}-0") for row in range(6)] == ["100", "100", "200", "200", "300", "300"]
    page = stepped(alice, page, "add-row", **{"cell-0-1": "1"})
    page = stepped(alice, page, "add-input", new_input="toys", new_value="20", **{"cell-6-0": "7", "cell-6-1": "8"})
    form = form_of(page, "check", "do").having(do="download")
    kept = alice.send(form)
    assert kept.headers["content-disposition"] == 'attachment; filename="request.yml"'
    file = tmp_path / "request.yml"
    file.write_bytes(kept.content)
    of_file = read_request_file(file)
    where = saved(alice, page, audience="public")
    found = document(alice, where)
    assert (found["state"], found["title"], found["reason"], found["audience"]) == (
        "draft",
        "Winos",
        "Why\nnot",
        "public",
    )
    assert found["axes"] == ["m_a", "m_b"] == of_file["axes"] and len(found["points"]) == 7
    asked = [{key: it[key] for key in ("coordinates", "inputs")} for it in found["points"]]
    assert asked == of_file["points"]
    assert asked[0] == {"coordinates": {"m_a": 100, "m_b": 1}, "inputs": {"toys": 20}}
    assert asked[6]["coordinates"] == {"m_a": 7, "m_b": 8}
    again = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "paste", paste=kept.text)
    assert form_of(again, "check", "do").having(_key="").fields == form_of(page, "check", "do").having(_key="").fields


def test_a_request_is_changed_by_the_same_form(alice: Browser) -> None:
    page = stepped(
        alice, alice.see(f"/requests/new?analysis={NAME}"), "check", 200, title="First", **{"cell-0-0": "200"}
    )
    where = saved(alice, page)
    page = alice.see(f"{where}/edit")
    assert value(page, "title") == "First" and value(page, "cell-0-0") == "200" and value(page, "_seen") == "1"
    page = stepped(alice, page, "add-row", title="", reason="More")
    assert saved(alice, page, **{"cell-1-0": "300"}) == where
    found = document(alice, where)
    assert (found["title"], found["reason"], [it["inputs"] for it in found["points"]]) == (
        "", "More", [{"mass": 200}, {"mass": 300}],
    )  # fmt: skip


def test_what_somebody_else_changed_meanwhile_is_not_lost(alice: Browser) -> None:
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "check", 200, **{"cell-0-0": "200"})
    where = saved(alice, page)
    mine = alice.see(f"{where}/edit")
    saved(alice, alice.see(f"{where}/edit"), title="Theirs")
    mine = stepped(alice, mine, "add-row", title="Mine")
    refused = alice.refused(form_of(mine, "check", "do").having(do="save"), 412)
    assert value(refused, "title") == "Mine" and document(alice, where)["title"] == "Theirs"
    saved(alice, refused)
    assert document(alice, where)["title"] == "Mine", "who was told of it may save over it"


def test_the_same_form_twice_is_one_request(alice: Browser) -> None:
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "check", title="Once", **{"cell-0-0": "200"})
    assert saved(alice, page) == saved(alice, page)


def test_each_fault_is_at_its_field_and_nothing_is_lost(alice: Browser) -> None:
    page = alice.see(f"/requests/new?analysis={NAME}")
    page = stepped(alice, stepped(alice, page, "add-row"), "add-coordinate", new_coordinate="m_a")
    typed = {"title": "two\x08lines", "audience": "friends", "cell-0-1": "[1]", "cell-1-0": "3", "paste": "kept, too"}
    form = form_of(page, "check", "do").having(do="save", **typed)
    for sent in (form, form.having(do="check")):
        page = alice.refused(sent, 422)
        invalid = {it.attributes["id"] for it in page.elements if it.attributes.get("aria-invalid") == "true"}
        assert invalid == {"title", "audience", "cell-0-1"}
        assert "neither a number nor a text" in next(
            it.text for it in page.elements if it.attributes.get("id") == "cell-0-1-fault"
        )
        assert {"#title", "#audience", "#cell-0-1"} <= {*page.addresses}
        fields = dict(form_of(page, "check", "do").fields)
        assert fields["cell-0-1"] == "[1]" and fields["cell-1-0"] == "3" and fields["paste"] == "kept, too"


def test_faults_of_the_check_are_at_their_cells(site: Running, alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def check(question: dict[str, Any], *_: Any) -> dict[str, Any]:
        asked.append(question)
        fault = {
            "point": "p2",
            "where": "/mass",
            "what": "5 is below 100",
            "why": "Takes: number.",
            "next": "",
            "code": "x",
        }
        return {"searches": [], "faults": [fault], "nearest": [], "cost": {"words": "about 3 core-hours"}}

    monkeypatch.setitem(site.parts.__dict__, "check", check)
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "add-row")
    page = stepped(alice, page, "add-row")
    page = stepped(alice, page, "check", 422, **{"cell-0-0": "200", "cell-2-0": "5"})
    assert asked == [{"analysis": NAME, "points": [{"coordinates": {}, "inputs": {"mass": it}} for it in (200, 5)]}]
    (invalid,) = [it for it in page.elements if it.attributes.get("aria-invalid") == "true"]
    assert invalid.attributes["id"] == "cell-2-0" and "5 is below 100" in page.words
    assert "about 3 core-hours" in page.words


def test_a_stranger_fills_and_checks_and_is_asked_to_log_in_to_save(browser: httpx2.Client) -> None:
    stranger = Browser(browser)
    page = stepped(stranger, stranger.see(f"/requests/new?analysis={NAME}"), "add-row", title="Kept")
    page = stepped(stranger, page, "check", 200, **{"cell-0-0": "200"})
    page = stranger.refused(form_of(page, "check", "do").having(do="save"), 403)
    assert "Nothing was done yet" in page.words
    form = form_of(page)
    fields = dict(form.fields)
    assert form.address == "/requests/new" and fields["title"] == "Kept" and fields["cell-0-0"] == "200"
    assert fields["do"] == "save" and fields["_key"], "after the login it is carried out once"


def test_a_stranger_has_less_read_and_loses_nothing(browser: httpx2.Client, alice: Browser) -> None:
    long = "- [" + "1, " * 150_000 + "1]"
    form = form_of(alice.see("/requests/new"), "check", "do").having(do="paste", paste=long)
    answer = Browser(browser).send(form)
    page = Page(answer.text)
    assert answer.status_code == 422 and "when you have logged in" in page.words
    assert value(page, "paste") == long


def test_what_a_session_that_ended_had_typed_is_sent_again(site: Running, alice: Browser) -> None:
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "check", title="Patience", **{"cell-0-0": "200"})
    where = saved(alice, page)
    for address, do in ((where + "/edit", "save"), (where + "/edit", "add-row"), ("/requests/new", "save")):
        form = form_of(alice.see(address), "check", "do").having(do=do, reason="long\r\ntext")
        kept = Browser(alice.client).refused(form, 403)
        again = form_of(kept)
        assert again.address == address and dict(again.fields)["reason"] == "long\ntext"
        assert alice.send(again).status_code == (303 if do == "save" else 200)


def test_files_of_cells_become_uploads(site: Running, alice: Browser, browser: httpx2.Client) -> None:
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "add-input", new_input="slha")
    assert [it.attributes["name"] for it in page.all("input") if it.attributes.get("type") == "file"] == [
        "file-0-1", "paste-file",
    ]  # fmt: skip
    form = form_of(page, "check", "do").having(do="add-row")
    files = {"file-0-1": ("p1.slha", SPECTRUM, "text/plain")}
    page = read(with_files(alice, form, files))
    assert value(page, "cell-0-1").startswith("upload:sha256:") and value(page, "cell-1-1") == ""
    broken = {"file-1-1": ("p2.slha", b"\x00\x01", "text/plain")}
    page = read(with_files(alice, form_of(page, "check", "do").having(do="save"), broken), 422)
    (invalid,) = [it for it in page.elements if it.attributes.get("aria-invalid") == "true"]
    assert invalid.attributes["id"] == "cell-1-1" and value(page, "cell-0-1").startswith("upload:sha256:")
    refused = read(with_files(Browser(browser), form, files), 422)
    assert "You may not upload this" in refused.words


def test_two_thousand_points_stay_usable(alice: Browser) -> None:
    page = stepped(alice, alice.see("/requests/new?wanted=arXiv:1"), "add-axis")
    page = stepped(alice, page, "add-axis")
    grid = {"axis_name": ["m_gluino", "m_lsp"], "axis_start": ["1000", "0"], "axis_stop": ["1500", "400"]}
    form = form_of(page, "check", "do").having(
        do="show", **{key.replace("_", "-"): it for key, it in grid.items()}, **{"axis-number": ["50", "40"]}
    )
    answer = alice.send(form)
    page = Page(answer.text)
    assert not page.faults and len(gzip.compress(answer.content)) < 30 << 10
    assert "2,000 points, as a table" in page.words and "1000 to 1500, 50 different values" in page.words
    assert len(page.all("input")) < 60
    where = saved(alice, page)
    assert len(document(alice, where)["points"]) == 2000
    page = alice.see(f"{where}/edit")
    assert value(page, "table").count("\r\n") == 2001


def test_a_search_that_is_not_there_is_asked_for_in_words(alice: Browser) -> None:
    page = alice.see("/requests/new?analysis=atlas-nothing")
    assert "There is no analysis atlas-nothing here." in page.words and value(page, "wanted") == "atlas-nothing"
    page = alice.see("/requests/new?wanted=arXiv:2106.01676")
    assert value(page, "wanted") == "arXiv:2106.01676" and value(page, "analysis") == ""
    where = saved(alice, page)
    assert document(alice, where)["wanted"] == "arXiv:2106.01676"


def test_what_may_not_be_seen_or_changed_has_no_form(site: Running, alice: Browser, browser: httpx2.Client) -> None:
    page = stepped(alice, alice.see(f"/requests/new?analysis={NAME}"), "check", **{"cell-0-0": "200"})
    where = saved(alice, page)
    other = logged_in(site, "eve")
    for who in (other, Browser(browser)):
        assert who.see(f"{where}/edit", 404).one("h1").text == who.see("/requests/q0000000/edit", 404).one(
            "h1"
        ).text.replace("q0000000", where.rpartition("/")[2])
    form = form_of(alice.see(f"{where}/edit"), "check", "do").having(do="save", title="Evil")
    other.refused(form, 404)
    assert document(alice, where)["title"] == ""
    assert (
        other.send(form_of(page, "check", "do").having(do="save"), headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )


def test_hostile_schemas_and_texts_are_shown_as_text(site: Running, alice: Browser) -> None:
    odd: dict[str, Any] = {"$ref": "#/properties/a", "properties": {"a": {"$ref": "#"}, SCRIPT: {"enum": [SCRIPT, 1]}}}
    name = put(
        site,
        record("atlas-odd-1", inputs={**odd, "required": [SCRIPT]}, examples={SCRIPT: {"inputs": {SCRIPT: SCRIPT}}}),
    )
    page = alice.see(f"/requests/new?analysis={name}")
    page = stepped(alice, page, "add-coordinate", new_coordinate="m", title=SCRIPT.replace("\u202e", ""), paste=SCRIPT)
    assert "<script>alert" not in page.source
    for schema in ({"properties": 3}, {"properties": {f"i{it}": {"type": "number"} for it in range(5000)}}):
        name = put(site, record("atlas-odd-2", inputs=schema))
        assert alice.see(f"/requests/new?analysis={name}")


def test_the_policy_of_the_form_is_strict(alice: Browser) -> None:
    answer = alice.client.get("/requests/new", headers=alice.cookie)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy and "form-action 'self'" in policy
    assert "unsafe" not in policy and HTML


def test_forms_of_others_are_not_taken(alice: Browser) -> None:
    headers = {**alice.cookie, **OURS}
    assert alice.client.post("/requests/new", json={"do": "save"}, headers=headers).status_code == 415
    broken = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert alice.client.post("/requests/new", content=b"a=%ff", headers=broken).status_code == 400
    large = {"table": "m\n" + "1\n" * 3_000_000}
    assert alice.client.post("/requests/new", data=large, headers=headers).status_code == 413
