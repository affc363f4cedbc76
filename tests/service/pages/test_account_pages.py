"""The account, tokens, watched analyses, and links for referees: by forms alone, secrets shown once."""

from __future__ import annotations

from tests.service.pages.filled import Browser, Filled, form_of, logged_in
from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import SCRIPT
from tests.service.running import ANALYSIS, Running
from tests.service.staged import Staged


def form_to(page: Page, begins: str, words: str) -> Filled:
    """Return the form to an address that begins like this, by the words in it."""
    (form,) = (
        it
        for it in page.all("form")
        if it.attributes["action"].startswith(begins) and words in " ".join(it.text.split())
    )
    hidden = [it.attributes for it in page.all("input") if any(above is form for above in it.above)]
    return Filled(form.attributes["action"], [(it["name"], it["value"]) for it in hidden])


def test_a_token_is_made_shown_once_and_revoked(site: Running, alice: Browser) -> None:
    page = alice.see("/account")
    assert site.people["alice"] in page.words and page.one("h1").text == "alice"
    form = form_of(page, "read", "scopes").having(name=f"laptop {SCRIPT[:9]}", scopes=["read", "request"], days="7")
    made = read(alice.send(form), 201)
    (secret,) = (it.text for it in made.all("pre"))
    assert site.client(secret).get("/me").json()["scopes"] == ["read", "request"]
    again = read(alice.send(form), 201)
    assert "It was shown once already" in again.words and secret not in again.source
    page = alice.see("/account")
    assert secret not in page.source
    answer = alice.send(form_to(page, "/account/tokens/", "Revoke laptop"))
    assert answer.headers["location"] == "/account#tokens"
    assert site.client(secret).get("/me").status_code == 401
    assert alice.send(form_to(page, "/account/tokens/", "Revoke laptop")).status_code == 303, "it is so already"


def test_a_token_that_cannot_be_made_says_why_and_keeps_what_was_chosen(site: Running, alice: Browser) -> None:
    form = form_of(alice.see("/account"), "read", "scopes")
    page = alice.refused(form.having(name=" ", scopes=[]), 422)
    assert page.words.count("should have at least 1") == 2
    page = alice.refused(form.having(name="kept", scopes=["read", "request"], days="x"), 422)
    again = form_of(page, "read", "scopes")
    assert ("name", "kept") in again.fields and ("scopes", "request") in again.fields
    for days in ("0", "99999", "-1", "٣"):
        alice.refused(form.having(name="kept", scopes=["read"], days=days), 422)
    assert "admin" not in dict(form.fields).get("scopes", "") and "administer people" not in page.words
    refused = alice.send(form.having(name="kept", scopes=["admin"]))
    assert refused.status_code in (403, 422) and "rct_" not in refused.text


def test_a_stranger_has_no_account(site: Running, alice: Browser) -> None:
    stranger = Browser(alice.client)
    assert "log in" in stranger.see("/account", 404).links
    for path in ("/account/tokens", "/account/tokens/t0", f"/analyses/{ANALYSIS}/watch", "/requests/q0/links"):
        page = stranger.refused(Filled(path, [("name", "kept")]), 403)
        assert ("name", "kept") in form_of(page).fields


def test_an_analysis_is_watched_and_no_longer(site: Running, alice: Browser) -> None:
    page = alice.see(f"/analyses/{ANALYSIS}")
    assert "Watch it" not in Browser(alice.client).see(f"/analyses/{ANALYSIS}").words
    answer = alice.send(form_to(page, f"/analyses/{ANALYSIS}/watch", "Watch it"))
    assert answer.headers["location"] == f"/analyses/{ANALYSIS}#requests"
    assert "Watch it no longer" in alice.see(f"/analyses/{ANALYSIS}").words
    account = alice.see("/account")
    assert account.links[ANALYSIS] == f"/analyses/{ANALYSIS}"
    alice.send(form_to(account, "/analyses/", f"Watch no longer {ANALYSIS}"))
    assert "The page of an analysis has a button for it." in alice.see("/account").words
    assert read(alice.send(Filled("/analyses/none/watch", [("on", "1")])), 404)


def test_links_for_referees(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted", "private")
    path = f"/requests/{request.id}"
    page = alice.see(alice.see(path).links["Links for referees"])
    form = form_of(page).having(note=f"JHEP {SCRIPT[:9]}", days="1")
    made = read(alice.send(form), 201)
    (link,) = (it.text for it in made.all("pre"))
    assert "JHEP <script>" in made.words
    assert "It was shown once already" in read(alice.send(form), 201).words
    referee = Browser(logged_in(site, "bob").client)
    secret = link.rpartition("/links/")[2]
    assert referee.client.get(f"/links/{secret}").headers["location"] == path
    assert "You follow a link to one request" in referee.see(path).one("header").text
    referee.see(f"{path}/links", 403)
    page = alice.see(f"{path}/links")
    assert secret not in page.source
    assert alice.send(form_to(page, f"{path}/links/", "Revoke JHEP")).headers["location"] == f"{path}/links"
    referee.see(path, 404)
    assert "There is none." in alice.see(f"{path}/links").words


def test_links_are_the_owners(site: Running, staged: Staged, alice: Browser) -> None:
    public, private = staged.request("submitted", "public"), staged.request("submitted", "private")
    carol, bob = logged_in(site, "carol"), logged_in(site, "bob")
    assert "Links for referees" not in carol.see(f"/requests/{public.id}").links
    for browser, request, status in ((carol, public, 403), (bob, private, 404), (carol, private, 403)):
        path = f"/requests/{request.id}/links"
        browser.see(path, status)
        assert browser.send(Filled(path, [("note", "kept"), ("days", "1")])).status_code == status
    long = alice.refused(form_of(alice.see(f"/requests/{public.id}/links")).having(note="n" * 151), 422)
    assert "at most 150" in long.words
