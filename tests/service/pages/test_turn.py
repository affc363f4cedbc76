"""What waits for whom: on a page, in the API, and as a number on every page."""

from __future__ import annotations

from recast.desk.may import may
from recast.desk.model import AUDIENCES, Actor, Request
from recast.desk.turn import NEXT_STEPS
from recast.ledger import Wanted
from recast.ledger.people.roles import actor_of_user
from tests.service.pages.filled import Browser, form_of, logged_in
from tests.service.pages.reading import Page
from tests.service.running import ANALYSIS, Running
from tests.service.staged import ROAD, Staged


def number(page: Page) -> str:
    """Return how much waits, as every page says it."""
    (link,) = (it for it in page.all("a") if it.attributes["href"] == "/turn" and it.inside("nav"))
    return " ".join(link.text.split())


def test_what_waits_is_listed_until_it_is_done(site: Running, staged: Staged) -> None:
    carol, alice = logged_in(site, "carol"), logged_in(site, "alice")
    assert "Nothing waits for you" in carol.see("/turn").words and number(carol.see("/")) == "Your turn"
    draft = staged.request("draft", title="A draft")
    submitted = staged.request("submitted", title="One to accept")
    answered = staged.request("answered", title="One to release")
    page = carol.see("/turn")
    assert number(page) == "Your turn 2 waiting" and number(carol.see("/analyses")) == "Your turn 2 waiting"
    assert (
        f"/requests/{submitted.id}#actions" in page.addresses and f"/requests/{answered.id}#actions" in page.addresses
    )
    assert "Accept or decline it." in page.words and "Review its answers, then release them." in page.words
    assert [it for it in alice.see("/turn").addresses if "#actions" in it] == [f"/requests/{draft.id}#actions"]
    done = carol.done(form_of(carol.see(f"/requests/{submitted.id}"), "accept"))
    assert number(done) == "Your turn 2 waiting" and "Let it run." in carol.see("/turn").words
    done = carol.done(form_of(done, "run"))
    assert number(done) == "Your turn 1 waiting"
    beside = carol.see("/turn").links["this page as JSON"]
    found = carol.client.get(beside, headers=carol.cookie).json()
    assert [it["id"] for it in found["items"]] == [answered.id] and found["total"] == 1


def test_strangers_are_told_to_log_in_and_nothing_else(site: Running, staged: Staged) -> None:
    stranger = Browser(logged_in(site, "bob").client)
    page = stranger.see("/turn")
    assert page.links["Log in"] == "/login?to=/turn" and "/turn" not in page.addresses
    assert site.client().get("/requests?turn=true").json() == {"items": [], "next": None, "total": 0}


def test_what_waits_is_what_may_be_done_next(site: Running, staged: Staged) -> None:
    """The list in SQL is compared with `may`, for everybody and every request."""
    for number_, state in enumerate(ROAD):
        staged.request(state, AUDIENCES[number_ % 3])
    wanted = staged.act(
        None, "draft", staged.alice, wanted="arXiv:1", audience="public", points=[{"coordinates": {"m": 1}}]
    )
    staged.act(wanted.id, "submit", staged.alice)
    site.person("dave")
    site.person("erin", coordinator="atlas", roles="administrator")
    gate = site.parts.identity.gate
    with gate.ledger.reading() as connection:
        actors = {name: actor_of_user(connection, user) for name, user in site.people.items()}
    staged.act(wanted.id, "claim", actors["dave"])
    for name, actor in actors.items():
        ledger = site.parts.ledger
        every = [ledger.request(it.id) for it in ledger.requests(Wanted(), actor, "", 200).items]
        waiting = {it.id for it in ledger.requests(Wanted(turn=True), actor, "", 200).items}
        assert waiting <= {it.id for it in every}
        assert waiting == {
            it.id for it in every if any(_is_turn(actor.user, it, step, actor) for step in NEXT_STEPS)
        }, name
        assert (wanted.id in waiting) == (name == "dave")


def _is_turn(user: str, request: Request, step: str, actor: Actor) -> bool:
    owner, contact = request.owner == user, ANALYSIS in actor.contact_of and request.analysis == ANALYSIS
    if request.state != NEXT_STEPS[step] or not may(actor, step, request).yes:
        return False
    if step == "archive":
        return not request.analysis and request.claimed_by == user
    if step == "run" and (request.run_wanted or request.runs):
        return False
    return owner if step == "submit" else contact


def test_a_token_is_told_only_of_what_it_may_do(site: Running, staged: Staged) -> None:
    staged.request("submitted")
    readers = site.client(site.person("carol", "read"))
    assert readers.get("/requests?turn=true").json()["total"] == 0
    assert site.client(site.person("carol", "read", "review")).get("/requests?turn=true").json()["total"] > 0
