"""The pages of who has logged in: who asks, the contact, an administrator, somebody with nothing to do here."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from recast.desk.model import Request
from tests.browser.pages import Seen
from tests.service.pages.filled import session_of
from tests.service.running import Running
from tests.service.staged import MACHINE, ROAD, Staged

__all__ = ["pages_of_people"]

_SAID = "Does $m_{\\tilde{\\chi}^0_1}=0$ count as light?\n\nWe would take 50 GeV as well."


def pages_of_people(service: Running, staged: Staged) -> Iterator[Seen]:
    """Make requests in every state, and yield the pages of those who have logged in."""
    service.person("root", roles="administrator")
    alice, bob, carol, root = (session_of(service, name) for name in ("alice", "bob", "carol", "root"))
    requests = {state: _talked_about(staged, staged.request(state)) for state in ROAD}
    answered = _partly_answered(staged)
    for state, request in requests.items():
        path = f"/requests/{request.id}"
        yield Seen(f"owner-{state}", path, session=alice, main=state == "submitted")
        if state != "draft":
            yield Seen(f"contact-{state}", path, session=carol, main=state == "answered")
            yield Seen(f"administrator-{state}", path, session=root)
    submitted, released = (f"/requests/{requests[state].id}" for state in ("submitted", "released"))
    yield Seen("request-many-points", f"/requests/{answered.id}", session=carol)
    yield Seen("action-refused", submitted, session=carol, then=_declined_without_a_reason)
    yield Seen("action-done", submitted, session=alice, then=_commented)
    yield Seen("owner-history", f"{released}/history", session=alice)
    yield Seen("owner-links", f"{submitted}/links", session=alice)
    yield Seen("owner-links-made", f"{submitted}/links", session=alice, then=_made)
    yield Seen("owner-edit", f"{submitted}/edit", session=alice)
    yield Seen("owner-form-points", "/requests/new?analysis=atlas-full-1", session=alice, then=_with_points)
    yield Seen("owner-session-ended", f"{submitted}/edit", session=alice, then=_saved_after_the_session)
    yield Seen("turn", "/turn", session=carol, main=True)
    yield Seen("turn-nothing", "/turn", session=bob)
    yield Seen("requests-mine", "/requests?mine=true", session=alice)
    yield Seen("requests-none", "/requests?mine=true", session=bob)
    yield Seen("watched-record", "/analyses/atlas-full-1", session=alice)
    yield Seen("account", "/account", session=alice, main=True)
    yield Seen("account-made", "/account", session=alice, then=_token_made)
    yield Seen("account-refused", "/account", session=alice, then=_token_refused)
    yield Seen("account-administrator", "/account", session=root)
    yield Seen("hidden", f"/requests/{requests['draft'].id}", 404, session=bob)


def _talked_about(staged: Staged, request: Request) -> Request:
    """Let the owner ask something in the discussion, and have it answered."""
    if request.state != "draft":
        staged.act(request.id, "comment", staged.alice, text=_SAID)
        staged.act(request.id, "comment", staged.carol, text="It does.")
    return request


def _partly_answered(staged: Staged) -> Request:
    """Return a request with more points than a page has, of which one has failed and the others wait."""
    request = staged.request("accepted", points=[{"coordinates": {"m": m}} for m in range(40)])
    staged.act(request.id, "run", staged.carol)
    points = [it.id for it in request.points]
    staged.act(request.id, "start-run", MACHINE, run="r9", points=points)
    why = "The patch is a whole workspace: it has the keys channels, measurements, observations."
    return staged.act(request.id, "fail-point", MACHINE, run="r9", point=points[0], reason=why)


def _declined_without_a_reason(page: Page) -> None:
    page.locator("#act-decline summary").click()
    page.locator("#act-decline textarea, #act-decline input[type=text]").first.fill(" ")
    page.locator("#act-decline button").click()
    page.locator("#refused").wait_for()


def _commented(page: Page) -> None:
    page.locator("#comment-text").fill("One more thing.")
    page.locator("#act-comment button").click()
    page.locator("#happened").wait_for()


def _made(page: Page) -> None:
    page.locator("#note").fill("for the referee")
    page.locator("#make button").click()
    page.locator("section.banner pre").wait_for()


def _token_made(page: Page) -> None:
    page.locator("#name").fill("laptop")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="Make a token").click()
    page.locator("section.banner pre").wait_for()


def _token_refused(page: Page) -> None:
    page.locator("#name").fill(" ")
    page.get_by_role("button", name="Make a token").click()
    page.locator("#refused").wait_for()


def _with_points(page: Page) -> None:
    """Describe a grid, show its points, and have them checked."""
    page.get_by_role("button", name="Add an axis").click()
    for part, value in (("name", "m_squark"), ("start", "1000"), ("stop", "1200"), ("number", "3")):
        page.locator(f"#axis-0-{part}").fill(value)
    page.get_by_role("button", name="Show the points").click()
    page.locator("#row-2").wait_for()
    page.get_by_role("button", name="Check, and see the cost").click()
    page.locator("#answer section").first.wait_for()


def _saved_after_the_session(page: Page) -> None:
    page.context.clear_cookies()
    page.locator("#title").fill("Another title")
    page.locator("form#form button[value=save]").first.click()
    page.get_by_role("button", name="send it again").wait_for()
