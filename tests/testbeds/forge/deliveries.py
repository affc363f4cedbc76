"""Deliveries of each event in each dialect from a real repository, and what can be wrong with them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.testbeds.forge.forge import SECRETS, Forge
from tests.testbeds.forge.payloads import ZEROS, event_name, push, request
from tests.testbeds.forge.sign import signed

__all__ = ["FAULTS", "LATER", "Sent", "good_deliveries", "prepare"]

_PROOFS = ("x-hub-signature-256", "x-hub-signature", "x-gitlab-token", "webhook-signature", "x-gitea-signature",
           "x-forgejo-signature", "x-gogs-signature")  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """A delivery: what it is about, its event in the forge's words, headers and body; `announced` is its length."""

    dialect: str
    about: str
    event: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    announced: int | None = None
    commit: str = ""
    """The commit that a pipeline is for; an empty string if there must be none."""

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def again(self, document: dict[str, Any], when_s: float | None = None) -> Sent:
        """The same event with another body, signed as the forge would."""
        body = json.dumps(document).encode()
        return replace(self, body=body, headers=signed(self.dialect, self.event, body, SECRETS[self.dialect], when_s))

    def without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower() not in names}


def prepare(forge: Forge) -> dict[str, tuple[str, str, str]]:
    """Push a branch, a second one, a rewritten one, two tags and two requests, all hooks lost; return what became of
    each: about -> ref, before, after (the objects that git's hook would see).
    """
    forge.hook("http://127.0.0.1:9/nobody", drop=1.0)
    first = forge.commit("first")
    forge.push("main", "main:refs/heads/rewritten", "main:refs/heads/deleted")
    second = forge.commit("second")
    forge.git("tag", "light")
    forge.git("tag", "-a", "heavy", "-m", "an annotated tag")
    tag = forge.git("rev-parse", "heavy")
    forge.git("checkout", "--quiet", "-b", "other", first)
    third = forge.commit("rewritten")
    forge.git("commit", "--quiet", "--amend", "-m", "rewritten again")
    fourth = forge.git("rev-parse", "HEAD")
    forge.push(f"{third}:refs/heads/rewritten")
    own = forge.commit("a change of our own")
    strange = forge.commit("a change of a stranger")
    kind = "merge-requests" if forge.dialect == "gitlab" else "pull"
    forge.push("main", f"+{fourth}:refs/heads/rewritten", "light", "heavy", ":deleted", f"{own}:refs/{kind}/4/head",
               f"{strange}:refs/{kind}/5/head")  # fmt: skip
    forge.git("checkout", "--quiet", "main")
    return {
        "push": ("refs/heads/main", first, second),
        "force-push": ("refs/heads/rewritten", third, fourth),
        "tag": ("refs/tags/light", ZEROS, second),
        "tag object": ("refs/tags/heavy", ZEROS, tag),
        "deletion": ("refs/heads/deleted", first, ZEROS),
        "request": (f"refs/{kind}/4/head", "", own),
        "fork's request": (f"refs/{kind}/5/head", "", strange),
    }


def good_deliveries(forge: Forge, refs: dict[str, tuple[str, str, str]]) -> Iterator[Sent]:
    """What the forge would have sent."""
    for about, (ref, before, after) in refs.items():
        if "request" in about:
            name = "merge_request" if forge.dialect == "gitlab" else "pull_request"
            number = int(ref.split("/")[2])
            document = request(forge.dialect, forge.project, number, after, fork=about != "request")
        else:
            name, document = event_name(forge.dialect, ref), push(forge.dialect, forge.project, ref, before, after)
        commit = "" if after == ZEROS else forge.project.peeled(after)
        body = json.dumps(document).encode()
        headers = signed(forge.dialect, name, body, SECRETS[forge.dialect])
        yield Sent(forge.dialect, about, name, headers, body, commit=commit)


Fault = Callable[[Sent], Sent | None]


def _wrong_secret(sent: Sent) -> Sent:
    secret = (
        "whsec_" + base64.b64encode(b"another secret of 24 byt").decode()
        if sent.dialect == "gitlab"
        else "another-secret"
    )
    return replace(sent, headers=signed(sent.dialect, sent.event, sent.body, secret))


def _changed_body(sent: Sent) -> Sent:
    return replace(sent, body=sent.body.replace(b"analysis", b"analysts", 1))


def _no_proof(sent: Sent) -> Sent:
    return replace(sent, headers=sent.without(*_PROOFS))


def _stale(sent: Sent) -> Sent | None:
    return sent.again(sent.document, time.time() - 3600) if sent.dialect == "gitlab" else None


def _future(sent: Sent) -> Sent | None:
    return sent.again(sent.document, time.time() + 3600) if sent.dialect == "gitlab" else None


def _truncated(sent: Sent) -> Sent:
    return replace(sent, body=sent.body[: len(sent.body) // 2], announced=len(sent.body))


def _too_large(sent: Sent) -> Sent:
    padded = {**sent.document, "padding": "x" * (26 << 20)}
    return sent.again(padded)


def _not_json(sent: Sent) -> Sent:
    body = sent.body[:-1]
    return replace(sent, body=body, headers=signed(sent.dialect, sent.event, body, SECRETS[sent.dialect]))


def _not_utf8(sent: Sent) -> Sent:
    body = sent.body.replace(b"first", b"f\xffrst").replace(b"analysis", b"an\xfflysis", 1)
    return replace(sent, body=body, headers=signed(sent.dialect, sent.event, body, SECRETS[sent.dialect]))


def _deep(sent: Sent) -> Sent:
    body = sent.body[:-1] + b', "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    return replace(sent, body=body, headers=signed(sent.dialect, sent.event, body, SECRETS[sent.dialect]))


def _two_forges(sent: Sent) -> Sent:
    other = "github" if sent.dialect == "gitlab" else "gitlab"
    return replace(sent, headers={**signed(other, sent.event, sent.body, SECRETS[other]), **sent.headers})


def _two_events(sent: Sent) -> Sent | None:
    if sent.dialect != "gitea":
        return None
    return replace(sent, headers={**sent.headers, "X-GitHub-Event": "release"})


def _other_forge(sent: Sent) -> Sent:
    other = "github" if sent.dialect == "gitlab" else "gitlab"
    return replace(sent, headers=signed(other, sent.event, sent.body, SECRETS[sent.dialect]))


def _other_event(sent: Sent) -> Sent:
    other = {"push": "pull_request", "pull_request": "push", "tag_push": "push", "merge_request": "push"}[sent.event]
    if sent.dialect == "gitlab" and sent.event == "push":
        other = "merge_request"
    return replace(sent, headers=signed(sent.dialect, other, sent.body, SECRETS[sent.dialect]))


def _other_repository(sent: Sent) -> Sent:
    body = sent.body.replace(b"group/analysis", b"group/another")
    return replace(sent, body=body, headers=signed(sent.dialect, sent.event, body, SECRETS[sent.dialect]))


def _bad_ref(sent: Sent) -> Sent | None:
    if "ref" not in sent.document:
        return None
    return sent.again({**sent.document, "ref": "refs/heads/--upload-pack=touch /tmp/x"})


def _bad_commit(sent: Sent) -> Sent | None:
    document = sent.document
    if "after" in document:
        return sent.again({**document, "after": "$(touch /tmp/x)"})
    if sent.dialect == "gitlab":
        return sent.again(
            {**document, "object_attributes": {**document["object_attributes"], "last_commit": {"id": "main"}}}
        )
    pull = document["pull_request"]
    return sent.again({**document, "pull_request": {**pull, "head": {**pull["head"], "sha": "HEAD"}}})


FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    # fault: how it is made (None where it cannot be), and the reasons that may be given
    "wrong secret": (_wrong_secret, ("wrong-proof",)),
    "no proof": (_no_proof, ("no-proof",)),
    "changed body": (_changed_body, ("wrong-proof",)),
    "stale": (_stale, ("stale",)),
    "from the future": (_future, ("stale",)),
    "truncated": (_truncated, ("truncated",)),
    "26 MB": (_too_large, ("too-large",)),
    "not JSON": (_not_json, ("not-json",)),
    "not UTF-8": (_not_utf8, ("not-json",)),
    "nested": (_deep, ("not-json",)),
    "two forges": (_two_forges, ("contradictory",)),
    "two events": (_two_events, ("contradictory",)),
    "another forge": (_other_forge, ("dialect",)),
    "another event": (_other_event, ("shape",)),
    "another repository": (_other_repository, ("repository",)),
    "bad ref": (_bad_ref, ("shape",)),
    "bad commit": (_bad_commit, ("shape",)),
}


def _sent_again(sent: Sent) -> Sent:
    return sent


def _same_id(sent: Sent) -> Sent | None:
    """Another body under an id that was used; where the id is signed, only the forge itself could make it."""
    again = sent.again({**sent.document, "more": 1})
    names = ("x-github-delivery", "x-gitea-delivery", "x-gogs-delivery", "x-forgejo-delivery", "idempotency-key")
    if sent.dialect == "gitlab" and "webhook-id" in sent.headers:
        return None
    old = {name: value for name, value in sent.headers.items() if name.lower() in names}
    return replace(again, headers={**again.headers, **old})


def _same_body(sent: Sent) -> Sent:
    return sent.again(sent.document)


def _outdated(sent: Sent) -> Sent | None:
    """A commit that the ref does not have: what somebody with an old delivery, or with the secret, can make up."""
    document = sent.document
    if document.get("after", "").strip("0"):
        made_up = {**document, "after": "ab" * 20, "checkout_sha": "ab" * 20, "more": 2}
        return sent.again(made_up)
    return None


LATER: dict[str, tuple[Fault, tuple[int, ...]]] = {
    # after the good ones: how it is made, and the statuses that may be answered
    "sent again": (_sent_again, (200,)),
    "same id": (_same_id, (409,)),
    "same content": (_same_body, (409,)),
    "outdated": (_outdated, (202,)),
}
