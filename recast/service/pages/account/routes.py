"""The pages of who is logged in: who that is to the service, tokens for programs, and analyses that they watch."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.desk.model import SCOPES
from recast.desk.objects import Token
from recast.json_types import JsonDict, JsonObject
from recast.service.api.analyses import Name
from recast.service.api.tokens import TokenId, token_ended, token_made
from recast.service.api.watches import watched_no_longer, watched_now
from recast.service.asked import Asked, AskedNow
from recast.service.documents.tokens import NewToken
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page
from recast.service.pages.links import within
from recast.service.pages.posted.days import LIVES, seconds_of
from recast.service.pages.posted.posting import Faults, SentNow, checked, posted, terms
from recast.service.pages.posted.sent import Sent
from recast.service.pages.shape import items_of, text, texts
from recast.service.pages.words import SCOPE_WORDS
from recast.service.told import me_told, tokens_told

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)
_MOST_SHOWN = 100


@router.get("/account")
def account(asked: AskedNow) -> Response:
    """Show who is logged in, and which tokens work."""
    asked.must(Token(asked.actor.user))
    return _shown(asked)


@router.post("/account/tokens")
def make_token(asked: AskedNow, sent: SentNow) -> Response:
    """Make a token, as `POST /api/v1/tokens` does. The page that answers is the one that shows it."""

    def do() -> Response:
        said: JsonDict = {"name": sent.text("name").strip(), "scopes": list(sent.texts("scopes"))}
        wanted = checked(NewToken, {**said, **seconds_of(sent)})
        return _shown(asked, made=token_made(asked, wanted))

    return posted(asked, sent, do, lambda faults: _shown(asked, sent, faults), within)


@router.post("/account/tokens/{id}")
def end_token(asked: AskedNow, sent: SentNow, id: TokenId) -> Response:
    """Revoke a token, as `DELETE /api/v1/tokens/ID` does."""

    def do() -> str:
        token_ended(asked, id)
        return "/account#tokens"

    return posted(asked, sent, do, lambda faults: _shown(asked, sent, faults), within)


@router.post("/analyses/{analysis}/watch")
def watch(asked: AskedNow, sent: SentNow, analysis: Name) -> Response:
    """Be told of an analysis, or no longer, as `PUT` and `DELETE /api/v1/analyses/ANALYSIS/watch` do."""

    def do() -> str:
        (watched_now if sent.text("on") else watched_no_longer)(asked, analysis)
        return f"/analyses/{analysis}#requests" if sent.text("on") else "/account#watching"

    return posted(asked, sent, do, lambda faults: _shown(asked, sent, faults), within)


def _shown(
    asked: Asked, sent: Sent | None = None, faults: Faults | None = None, made: JsonObject | None = None
) -> Response:
    me, scopes = me_told(asked), asked.actor.scopes
    tokens = tokens_told(asked)["items"] if scopes is None or "read" in scopes else []
    return page(
        asked,
        "account.html",
        status=faults.status if faults else 201 if made else 200,
        me=me,
        roles=[*texts(me["roles"]), *(f"contact of {it}" for it in texts(me["contact_of"]))]
        + [f"coordinator of {it}" for it in texts(me["coordinator_of"])],
        tokens=[_token(it) for it in items_of(tokens)[:_MOST_SHOWN]],
        scopes=[(it, SCOPE_WORDS[it]) for it in SCOPES if _may_have(asked, it)],
        chosen=sent.texts("scopes") if sent else ("read",),
        lives=LIVES,
        sent=sent or Sent(),
        made=made,
        faults=faults,
        terms=terms(),
    )


def _may_have(asked: Asked, scope: str) -> bool:
    """Return whether a scope is worth to be offered; whether it is given is judged where tokens are made."""
    needs = {"operate": {"operator", "administrator"}, "admin": {"administrator"}}.get(scope)
    return needs is None or bool(needs & asked.actor.roles)


def _token(token: JsonObject) -> JsonDict:
    shown = {name: text(token.get(name), 80) for name in ("id", "name", "created", "expires", "used")}
    return {**shown, "scopes": texts(token.get("scopes"))}
