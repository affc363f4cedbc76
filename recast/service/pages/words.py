"""The words of documents as people read them: states, policies, authorities, signatures."""

from __future__ import annotations

from recast.json_types import JsonObject
from recast.service.pages.shape import text

__all__ = [
    "ANSWER_STATES",
    "AUDIENCES",
    "AUTHORITIES",
    "ENTRY_AUTHORITIES",
    "FACETS",
    "POINT_STATES",
    "POLICIES",
    "REQUEST_STATES",
    "RESULT_TYPES",
    "VALIDATED",
    "VERSION_STATES",
    "signature_words",
    "validation_words",
]

FACETS = {
    "collaboration": "Collaboration",
    "sqrts_tev": "Energy (TeV)",
    "luminosity_inv_fb": "Luminosity (fb⁻¹)",
    "final_state": "Final state",
    "model": "Model",
    "tool": "Tool",
    "status": "Status",
    "validated": "Validation",
    "policy": "Requests",
}
"""The facets of the catalogue, in the order in which they are shown."""

VALIDATED = {"yes": "validated", "no": "not validated"}
POLICIES = {
    "closed": "takes no requests",
    "on-acceptance": "requests are accepted by a contact",
    "at-once": "requests run at once",
}
VERSION_STATES = {
    "published": "Published: this version never changes.",
    "deprecated": "Deprecated: it still runs, and there is a reason to prefer something else.",
    "withdrawn": "Withdrawn: do not rely on its answers.",
    "damaged": "Damaged: it cannot be read here. Whoever runs this service can fetch it again.",
}
REQUEST_STATES = {
    "draft": "A draft: nobody else sees it until it is submitted.",
    "submitted": "Submitted: it waits to be accepted.",
    "accepted": "Accepted: its points are being answered.",
    "declined": "Declined: it will not be answered here.",
    "answered": "Answered: every point has an answer or a reason why not; they wait for review and release.",
    "released": "Released: its answers can be read and cited.",
    "withdrawn": "Withdrawn by whoever asked.",
    "expired": "Expired: nobody accepted it in time. Whoever asked can reopen it.",
}
AUDIENCES = {
    "public": "everybody can read it",
    "unlisted": "whoever knows its address can read it",
    "private": "its people alone can read it",
}
POINT_STATES = {
    "open": "waiting",
    "running": "running",
    "answered": "answered",
    "failed": "could not be answered",
}
ANSWER_STATES = {
    "proposed": "not reviewed yet",
    "reviewed": "reviewed, not released yet",
    "released": "reviewed and released",
    "rejected": "found unsound in the review",
}
AUTHORITIES = {
    "authoritative": "Authoritative: the contacts of the analysis stand behind it",
    "community": "Community: somebody else computed it",
    "automatic": "Automatic: a machine ran the preserved search, and nobody else stands behind it",
}
ENTRY_AUTHORITIES = {
    "authoritative": "authoritative: archived by the collaboration",
    "community": "community: not by the collaboration",
    "automatic": "automatic: nobody vouches for it",
}
RESULT_TYPES = {
    "limit": "limit: CLs and upper limits",
    "yields": "yields per region",
    "efficiency": "efficiency",
    "cutflow": "cutflow",
    "table": "table",
    "plot": "plot",
    "file": "file",
}


def signature_words(signature: JsonObject) -> str:
    """Return how a version is signed."""
    signer = text(signature.get("signer"), 200) or "somebody unknown"
    return {
        "verified": f"Signed by {signer}, who is an accepted signer here.",
        "unknown": f"Signed by {signer}, who is not an accepted signer here.",
        "bad": "Badly signed: the signature does not match the content.",
    }.get(text(signature.get("state")), "Not signed.")


def validation_words(validation: JsonObject) -> str:
    """Return how well a version gives the published numbers, in one line."""
    passed, documented, failed = (_count(validation, key) for key in ("passed", "documented", "failed"))
    if not (passed or documented or failed):
        return "Not validated: nobody has said that it gives the published numbers."
    parts = [f"{passed} of {passed + documented + failed} published numbers reproduced"]
    parts += [f"{documented} with a documented deviation"] * bool(documented)
    parts += [f"{failed} FAILED"] * bool(failed)
    return f"{', '.join(parts)}."


def _count(validation: JsonObject, key: str) -> int:
    found = validation.get(key)
    return found if isinstance(found, int) else 0
