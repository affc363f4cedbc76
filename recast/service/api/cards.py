"""Cards of analyses: who answers for them, which requests they take. They are stated in the catalogue, never edited."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from recast.desk.objects import Analysis
from recast.service.api.analyses import Name
from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.documents.cards import CARD_EXAMPLE, CardDocument
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/analyses", tags=["analyses"], route_class=DeskRoute)
_CARD: Answers = {200: {"model": CardDocument, "description": "The card that counts now"}}
Card = Annotated[
    dict[str, Any], Body(examples=[CARD_EXAMPLE], description="The whole card, as `recast catalogue card`")
]


@router.get("/{analysis}/card", responses=_CARD)
def read_card(asked: AskedNow, analysis: Name) -> Response:
    """Read the card of an analysis: contacts, policy for requests, tags."""
    asked.must(Analysis(analysis))
    with asked.alike():
        return answer(asked.parts.ledger.catalogue.record(analysis)["card"])


@router.put("/{analysis}/card", responses=_CARD)
def state_card(asked: AskedNow, analysis: Name, card: Card) -> Response:
    """State a new card. Those before it stay, so that it can be told which policy held when."""
    from recast.catalogue import Catalogue
    from recast.catalogue.statements.card import Cards
    from recast.catalogue.statements.vocabulary import vocabulary
    from recast.desk.card import read_card

    with asked.alike():
        collaboration = asked.parts.ledger.catalogue.facts(analysis).collaboration
    asked.must(Analysis(analysis, collaboration))
    stated = read_card({**card, "analysis": analysis}, vocabulary().words)
    return answer(Cards(Catalogue()).state(stated, asked.visitor.name).as_json())
