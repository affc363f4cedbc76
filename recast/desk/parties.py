"""Who somebody is in a request, run, upload, token, account or analysis: the columns of the permission table."""

from __future__ import annotations

from functools import singledispatch

from recast.desk.model import Actor, Request
from recast.desk.objects import Analysis, Given, Person, Run, Thing, Token, Upload

__all__ = ["parties", "readers"]

_PEOPLE = frozenset({"owner", "reader", "contact", "coordinator", "operator", "administrator", "machine"})
_READERS = {
    "public": _PEOPLE | {"anyone"},
    "unlisted": _PEOPLE | {"anyone"},
    "private": _PEOPLE | {"link"},
}
_OF_A_DRAFT = frozenset({"owner", "administrator", "machine"})


def readers(request: Request, *, listed: bool = False) -> frozenset[str]:
    """Return the parties that may read a request; with `listed`, those that find it in lists, searches and counts.

    A draft is its owner's. An unlisted request is read by whoever knows its address; only its people find it. Nobody
    becomes one of its people by a claim, which is anybody's, nor by a link once a moderator has restricted it.
    """
    if request.state == "draft":
        return _OF_A_DRAFT
    may_read = _READERS[request.audience] - ({"link"} if request.restricted else set())
    return may_read - {"anyone", "link"} if listed and request.audience != "public" else may_read


def parties(actor: Actor, thing: Thing, policy: str = "") -> frozenset[str]:
    """Return everything that somebody is for a thing; `policy` is that of the analysis' card."""
    return frozenset(_anywhere(actor)) | _in(thing, actor, policy)


def _anywhere(actor: Actor) -> list[str]:
    found = ["anyone", *(role for role in actor.roles if actor.user)]
    return found + ["user"] * bool(actor.user) + ["machine"] * actor.machine


@singledispatch
def _in(_thing: object, _actor: Actor, _policy: str) -> frozenset[str]:
    return frozenset()


@_in.register
def _(request: Request, actor: Actor, policy: str) -> frozenset[str]:
    if not actor.user:
        return frozenset({"link"} if actor.link and actor.link == request.id else ())
    owner = actor.user == request.owner
    found = {
        "link": actor.link == request.id,
        "owner": owner,
        "owner-at-once": owner and policy == "at-once",
        "reader": actor.user in request.readers,
        "subscriber": actor.user in request.subscribers,
        "claimant": actor.user == request.claimed_by,
        "contact": bool(request.analysis) and request.analysis in actor.contact_of,
        "coordinator": bool(request.collaboration) and request.collaboration in actor.coordinator_of,
    }
    return frozenset(party for party, holds in found.items() if holds)


@_in.register
def _(given: Given, actor: Actor, policy: str) -> frozenset[str]:
    author = {"author"} if actor.user and actor.user == given.answer.by else set()
    return parties(actor, given.request, policy) | author


@_in.register
def _(run: Run, actor: Actor, policy: str) -> frozenset[str]:
    return parties(actor, run.request, policy)


@_in.register
def _(upload: Upload, actor: Actor, _policy: str) -> frozenset[str]:
    owner = {"owner"} if actor.user and actor.user == upload.owner else set()
    return frozenset(owner).union(*(_by_use(request, actor) for request in upload.requests))


def _by_use(request: Request, actor: Actor) -> frozenset[str]:
    """Return what a request makes of its readers for a file of its points: judges see it, others after the release."""
    here = parties(actor, request)
    if not here & readers(request):
        return frozenset()
    return here & {"contact", "coordinator"} | ({"shared"} if request.state == "released" else set())


@_in.register
def _(token: Token, actor: Actor, _policy: str) -> frozenset[str]:
    return frozenset({"owner"} if actor.user and actor.user == token.owner else ())


@_in.register
def _(person: Person, actor: Actor, _policy: str) -> frozenset[str]:
    return frozenset({"owner"} if actor.user and actor.user == person.user else ())


@_in.register
def _(analysis: Analysis, actor: Actor, _policy: str) -> frozenset[str]:
    contact = {"contact"} if actor.user and analysis.name in actor.contact_of else set()
    coordinates = bool(actor.user) and analysis.collaboration in actor.coordinator_of
    return frozenset(contact | ({"coordinator"} if coordinates else set()))
