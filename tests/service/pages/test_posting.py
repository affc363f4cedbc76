"""How pages take forms: once, to the version that was shown, from this site alone; nothing that was typed is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from recast.service.around.size import MOST_FORM_BYTES
from recast.service.identity.rates import Rates
from recast.service.pages.posted.too_often import MOST_KEPT_BYTES
from tests.service.pages.filled import OURS, Browser, form_of, logged_in
from tests.service.pages.reading import read
from tests.service.pages.shelf import SCRIPT
from tests.service.running import Running
from tests.service.staged import Staged

WORDS = "One line,\r\nand a second <b>line</b>"


def comments(site: Running, request: str) -> list[str]:
    return [it.text for it in site.parts.ledger.request(request).comments]


def test_a_form_leads_to_a_page_that_shows_what_has_happened(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=WORDS)
    answer = alice.send(form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/requests/{request.id}?since={request.version}#happened"
    page = alice.see(answer.headers["location"].partition("#")[0])
    assert "What has happened said by you" in page.words and "and a second <b>line</b>" in page.words
    assert comments(site, request.id) == ["One line,\nand a second <b>line</b>"]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {}],
)
def test_a_form_of_another_site_is_refused(
    site: Running, staged: Staged, alice: Browser, headers: dict[str, str]
) -> None:
    request = staged.request("submitted", "public")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=WORDS)
    page = read(alice.send(form, headers), 403)
    assert "permission.cross-site" in page.links and "second" not in page.words
    assert comments(site, request.id) == []


def test_a_double_click_happens_once(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=WORDS)
    with ThreadPoolExecutor(4) as threads:
        answers = [*threads.map(lambda _: alice.send(form), range(4))]
    assert {(it.status_code, it.headers["location"]) for it in answers} == {
        (303, f"/requests/{request.id}?since={request.version}#happened")
    }
    assert len(comments(site, request.id)) == 1


def test_a_form_that_was_sent_and_changed_says_so_and_can_be_sent_again(
    site: Running, staged: Staged, alice: Browser
) -> None:
    """The back button leads to a form that was sent."""
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment").having(text="first")
    alice.done(form)
    page = alice.refused(form.having(text="second"), 422)
    assert "This form was sent already" in page.words
    again = form_of(page, "comment")
    assert ("text", "second") in again.fields
    alice.done(again)
    assert comments(site, request.id) == ["first", "second"]


def test_of_two_tabs_the_second_is_told_what_has_changed(site: Running, staged: Staged) -> None:
    request = staged.request("submitted", "private")
    carol = logged_in(site, "carol")
    first, second = (carol.see(f"/requests/{request.id}") for _ in range(2))
    carol.done(form_of(first, "accept"))
    words = f"Out of reach {SCRIPT[:30]}"
    page = carol.refused(form_of(second, "decline").having(reason=words), 409)
    assert "`decline` cannot be done now" in page.words and words in [it.text for it in page.all("pre")]
    assert "What has changed since you saw it accepted by you" in page.words
    state = site.parts.ledger.request(request.id).state
    assert state == "accepted"
    assert "decline" not in [it.attributes.get("value") for it in page.all("button")]


def test_what_was_typed_before_somebody_else_changed_it_is_kept(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "withdraw").having(reason=WORDS)
    staged.act(request.id, "comment", staged.carol, text="wait")
    page = alice.refused(form, 412)
    assert "said by person 1" in page.words and "wait" in page.words
    again = form_of(page, "withdraw")
    assert ("reason", WORDS) in again.fields
    assert "withdrawn by you" in alice.done(again).words


def test_a_fault_is_told_at_its_field_and_what_was_typed_stays(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted", "private")
    long = f"{SCRIPT[:40]}\u200dx" + "y" * 10_000
    page = alice.refused(form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=long), 422)
    (area,) = (it for it in page.all("textarea") if it.attributes["id"] == "comment-text")
    assert area.text.removeprefix("\n") == long and area.attributes["aria-invalid"] == "true"
    fault = next(it for it in page.elements if it.attributes.get("id") == area.attributes["aria-describedby"])
    assert "more than 10000" in fault.text and page.all("script") == []


@pytest.mark.parametrize("known", ["", "old", "other"])
def test_an_ended_session_loses_nothing(site: Running, staged: Staged, alice: Browser, known: str) -> None:
    request = staged.request("submitted", "private")
    path = f"/requests/{request.id}"
    form = form_of(alice.see(path), "comment").having(text=f"{WORDS}\u200b{SCRIPT[:20]}")
    ended = Browser(alice.client, {"Cookie": "recast-session=rcs_ended"} if known else {})
    if known == "other":  # a request that is not there is answered alike: nothing was looked up
        form.address = "/requests/q0"
    page = ended.refused(form, 403)
    assert "nothing that you wrote is lost" in page.words
    assert page.links["Log in, in a new tab"] == "/login?to=/account"
    again = form_of(page)
    assert again.address == form.address
    assert {(name, text.replace("\r\n", "\n")) for name, text in again.fields} == {
        (name, text.replace("\r\n", "\n")) for name, text in form.fields
    }
    assert comments(site, request.id) == []
    assert "You are not logged in any more" in ended.refused(again, 403).words
    if known != "other":
        assert "said by you" in logged_in(site, "alice").done(again).words
        assert len(comments(site, request.id)) == 1


def test_who_asks_too_often_keeps_the_form(
    site: Running, staged: Staged, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=f"{WORDS}{SCRIPT[:20]}")
    with monkeypatch.context() as patch:
        patch.setattr(site.parts.identity.gate, "rates", Rates(1))
        alice.see("/")
        answer = alice.send(form)
        page = read(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60 and f"{answer.headers['retry-after']} s" in page.words
        assert "nothing that you wrote is lost" in page.words and comments(site, request.id) == []
        assert answer.headers["cache-control"] == "no-store"
        long = alice.refused(form.having(text="x" * MOST_KEPT_BYTES), 429)
        assert "This was tried too often" in long.words, "what is too long is not kept"
        program = alice.client.post(form.address, json={}, headers={**alice.cookie, **OURS})
        assert program.status_code == 429 and "too often" in program.text
    assert "said by you" in alice.done(form_of(page)).words
    assert len(comments(site, request.id)) == 1


def test_files_are_to_be_chosen_again_after_a_login(site: Running) -> None:
    stranger = logged_in(site, "ann")
    page = read(
        stranger.client.post("/requests/q0", data={"a": "1"}, files={"f": ("<b>.slha", b"x")}, headers=OURS), 403
    )
    assert "<b>.slha" in page.words and form_of(page).kind == "multipart/form-data"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 422),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * MOST_FORM_BYTES, 413),
    ],
)
def test_what_is_no_form_gets_a_page_that_says_so(
    site: Running, staged: Staged, alice: Browser, kind: str, body: bytes, status: int
) -> None:
    request = staged.request("submitted", "private")
    headers = {**alice.cookie, **OURS, "Content-Type": kind}
    status = 415 if kind.endswith("json") else status
    page = read(alice.client.post(f"/requests/{request.id}", content=body, headers=headers), status)
    assert page.one("h1").text


@pytest.mark.parametrize("seen", ["", "x", "-1", "0", "1" * 30, '1", "2'])
def test_a_version_that_was_never_shown_fits_nothing(site: Running, staged: Staged, alice: Browser, seen: str) -> None:
    request = staged.request("submitted", "private")
    form = form_of(alice.see(f"/requests/{request.id}"), "withdraw").having(_seen=seen)
    answer = alice.send(form)
    assert answer.status_code in (400, 412)
    assert site.parts.ledger.request(request.id).state == "submitted"


def test_what_is_needed_and_was_left_empty_is_said_at_its_field(site: Running, staged: Staged) -> None:
    request = staged.request("submitted", "private")
    carol = logged_in(site, "carol")
    page = carol.refused(form_of(carol.see(f"/requests/{request.id}"), "decline").having(reason="  "), 422)
    area = next(it for it in page.all("textarea") if it.attributes["id"] == "decline-reason")
    fault = next(it for it in page.elements if it.attributes.get("id") == area.attributes["aria-describedby"])
    assert fault.text == "It needs a `reason`"
    assert "open" in next(it for it in page.all("details") if it.attributes.get("id") == "act-decline").attributes


@pytest.mark.parametrize("letter", ["語", "\U0001d510"])
def test_the_longest_words_fit_into_a_form_in_every_script(
    site: Running, staged: Staged, alice: Browser, letter: str
) -> None:
    request = staged.request("submitted", "private")
    alice.done(form_of(alice.see(f"/requests/{request.id}"), "comment").having(text=letter * 10_000))
    assert comments(site, request.id) == [letter * 10_000]
