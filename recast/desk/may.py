"""Who may do what: one function, asked by the API, the pages, the lists and the command line alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recast.desk.model import Actor, Request
from recast.desk.objects import Given, Operations, Person, Run, Thing, Token, Upload
from recast.desk.parties import parties, readers
from recast.desk.permissions import KINDS, RULES, Rule

__all__ = ["Said", "may", "who_may"]


@dataclass(frozen=True, slots=True)
class Said:
    """Whether somebody may do something, and why (not). `hidden`: they must not even learn that the thing exists."""

    yes: bool
    why: str = ""
    hidden: bool = False


_NO_SUCH = Said(yes=False, why="there is no such action")
_HIDDEN = Said(yes=False, why="there is nothing here that you may see", hidden=True)


def may(actor: Actor, action: str, thing: Thing, policy: str = "on-acceptance") -> Said:
    """Return whether `actor` may do `action` to `thing`; `policy` is that of the analysis' card.

    Says nothing about the state of a request: `act.possible` does. A token without the scope of an action counts as a
    stranger for it, so that it may never do less than a stranger, nor more than its owner.
    """
    kind = KINDS[type(thing)]
    if not _sees(actor, thing):
        return _HIDDEN
    rule = RULES.get((kind, action))
    if rule is None:
        return _NO_SUCH
    if kind == "token" and action == "make" and not _within(actor, thing):
        return Said(yes=False, why="a token never gets more scopes than the one that makes it")
    said = _judge(actor, rule, thing, policy)
    if not said.yes and _lacks(actor, rule.scope) and _judge(replace(actor, scopes=None), rule, thing, policy).yes:
        return Said(yes=False, why=f"this token has not the scope `{rule.scope}`")
    if said.yes and action == "submit" and policy == "closed":
        return Said(yes=False, why="the contacts of this analysis take no requests")
    if said.yes and action == "link" and isinstance(thing, Request) and thing.restricted:
        return Said(yes=False, why="a moderator made this request private")
    return said


def who_may(kind: str, action: str) -> str:
    """Return, in words, those who may do an action to a kind of thing."""
    return _listed(RULES[kind, action].who)


def _judge(actor: Actor, rule: Rule, thing: Thing, policy: str) -> Said:
    found = parties(_as_stranger(actor) if _lacks(actor, rule.scope) else actor, thing, policy) | _seen(actor, thing)
    if rule.not_own and "owner" in found and "owner-at-once" not in found:
        return Said(yes=False, why="nobody does this for a request of their own")
    if found & rule.who:
        return Said(yes=True)
    if not actor.user and not actor.machine:
        return Said(yes=False, why="log in first")
    return Said(yes=False, why=f"this is for {_listed(rule.who)}")


def _sees(actor: Actor, thing: Thing) -> bool:
    """Return whether an actor may know that a thing exists."""
    seen = _as_stranger(actor) if _lacks(actor, "read") else actor
    if (request := _request_of(thing)) is not None:
        return bool(parties(seen, request) & readers(request))
    if isinstance(thing, Operations):
        return bool(parties(actor, thing) & {"operator", "administrator"})
    if isinstance(thing, (Token, Person, Upload)):
        return bool(parties(actor, thing) - {"anyone", "user", "operator"})
    return True


def _seen(actor: Actor, thing: Thing) -> frozenset[str]:
    """Return the parties that follow from what may be read: `readers`, `listed`, and `released`."""
    request = _request_of(thing)
    if request is None:
        return frozenset()
    found = parties(_as_stranger(actor) if _lacks(actor, "read") else actor, request)
    released = thing.answer.state == "released" if isinstance(thing, Given) else request.logs_open
    listed = bool(found & readers(request, listed=True))
    return frozenset(["readers"] + ["listed"] * listed + ["released"] * released)


def _request_of(thing: Thing) -> Request | None:
    if isinstance(thing, (Given, Run)):
        return thing.request
    return thing if isinstance(thing, Request) else None


def _as_stranger(actor: Actor) -> Actor:
    return Actor(link=actor.link)


def _lacks(actor: Actor, scope: str) -> bool:
    return actor.scopes is not None and scope not in actor.scopes


def _within(actor: Actor, thing: Thing) -> bool:
    return actor.scopes is None or (
        isinstance(thing, Token) and thing.scopes is not None and thing.scopes <= actor.scopes
    )


def _listed(who: frozenset[str]) -> str:
    names = sorted(_WORDS[party] for party in who if party in _WORDS)
    return " or ".join(dict.fromkeys(names)) or "nobody"


_WORDS = {
    "user": "people who have logged in",
    "owner": "who made the request",
    "owner-at-once": "who made the request, where its analysis answers at once",
    "claimant": "who claimed it",
    "contact": "a contact of the analysis",
    "coordinator": "a coordinator of the collaboration",
    "operator": "an operator of the service",
    "administrator": "an administrator",
    "machine": "the service itself",
}
