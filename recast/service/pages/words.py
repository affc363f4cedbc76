"""The words of documents as people read them: states, policies, authorities, signatures."""

from __future__ import annotations

from recast.json_types import JsonObject
from recast.service.pages.shape import text

__all__ = [
    "ACTIONS",
    "ANSWER_STATES",
    "AUDIENCES",
    "AUTHORITIES",
    "ENTRY_AUTHORITIES",
    "EVENTS",
    "FACETS",
    "NEXT_STEPS",
    "POINT_STATES",
    "POLICIES",
    "REQUEST_STATES",
    "RESULT_TYPES",
    "SCOPE_WORDS",
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
ACTIONS = {
    "amend": ("Change it", "Opens the form with all that it says."),
    "submit": ("Submit", "Sends it to the contacts of the analysis. Its audience can read it from then on."),
    "accept": ("Accept", "Says that its points will be answered, with the version that it names. Who asked is told."),
    "decline": ("Decline", "Ends it here, with your reason. Who asked is told, and can reopen it."),
    "withdraw": ("Withdraw", "Ends it: what is open will not be answered. It can be reopened as a draft."),
    "reopen": ("Reopen", "Makes it a draft again, which can be changed and submitted."),
    "run": ("Run", "Lets machines run the preserved search for every point that waits. It costs core-hours."),
    "cancel": ("Cancel the run", "Stops what runs for it. Answers that are there stay."),
    "rerun": (
        "Run again",
        "Runs points again, with the version that stands for the analysis now. No answer goes away.",
    ),
    "answer": ("Answer a point", "Puts an answer that you computed elsewhere beside the others, in your name."),
    "review": ("Sound", "Says, in your name, that these answers are sound. They can be released then."),
    "reject": ("Not sound", "Says, in your name, why these answers are not sound. They stay, and are not released."),
    "release": ("Release", "Signs all reviewed answers and lets its audience read them. This is never taken back."),
    "comment": ("Say it", "Adds to the discussion, for all who may read it. It cannot be changed afterwards."),
    "subscribe": ("Follow", "You get mail when something happens to it."),
    "unsubscribe": ("Follow no longer", "You get no more mail about it."),
    "claim": ("Claim", "Says that you see to it. Others see that somebody does."),
    "unclaim": ("End the claim", "Says that nobody sees to it any more."),
    "archive": ("It is archived", "Names the analysis that answers it: from now on its contacts decide."),
    "invite": ("Invite", "Lets one more person read it."),
    "uninvite": ("Invite no longer", "Takes the invitation of a person away."),
    "publish": ("Change who may read it", "Changes its audience at once. What was read stays read."),
    "restrict": ("Make it private", "Hides it from all but its people, as a moderator. Who asked is told your reason."),
}
"""What pages call the actions on a request, and what each is going to do."""

SCOPE_WORDS = {
    "read": "read what you may read",
    "request": "make requests, change them, comment",
    "answer": "give answers, claim requests",
    "review": "accept, decline, run, review, release",
    "operate": "operate the service",
    "admin": "administer people",
}
"""The scopes of tokens."""

NEXT_STEPS = {
    "draft": "Finish it and submit it, or withdraw it.",
    "submitted": "Accept or decline it.",
    "archive": "You have claimed it: say when the search is archived.",
    "accepted": "Let it run.",
    "answered": "Review its answers, then release them.",
}
"""What a request waits for, by its state."""

EVENTS = {
    "drafted": "drafted",
    "amended": "changed",
    "submitted": "submitted",
    "accepted": "accepted",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "reminded": "its contacts were reminded",
    "expired": "expired",
    "reopened": "reopened as a draft",
    "run-asked": "a run was asked for",
    "cancel-asked": "the run was cancelled",
    "rerun-asked": "points are to run again",
    "run-started": "a run began",
    "run-ended": "a run ended",
    "point-answered": "a point was answered",
    "point-failed": "a point could not be answered",
    "completed": "every point has an answer, or a reason why not",
    "reviewed": "answers were found sound",
    "rejected": "answers were found not sound",
    "released": "answers were released",
    "commented": "said",
    "subscribed": "followed",
    "unsubscribed": "followed no longer",
    "claimed": "claimed",
    "unclaimed": "the claim ended",
    "archived": "the search was archived",
    "invited": "somebody was invited",
    "uninvited": "an invitation was taken back",
    "audience-changed": "who may read it was changed",
    "version-warned": "the status of the version changed",
}
"""What happens to a request, in the past tense."""

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
