"""The card of an analysis: what may change about it, beside its immutable versions; contacts, policy and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recast.desk.asking import fault_of_text
from recast.desk.policies import POLICIES, TAG_KINDS
from recast.errors import EntryError
from recast.json_types import JsonDict, JsonObject

__all__ = ["POLICIES", "TAG_KINDS", "Card", "Contact", "read_card"]

_FIELDS = frozenset({"analysis", "contacts", "policy", "quota_core_hours", *TAG_KINDS, "note"})
_ANALYSIS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, or a list of people, who answers for an analysis. `user` is their account at the service, if any."""

    name: str
    email: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One state of the card of an analysis. `tags` has words of the vocabulary for each of `TAG_KINDS`.

    `quota_core_hours` is what each requester may use in 30 days without acceptance, if the policy is `at-once`.
    """

    analysis: str
    contacts: tuple[Contact, ...] = ()
    policy: str = "on-acceptance"
    quota_core_hours: float = 0.0
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    note: str = ""

    def as_json(self) -> JsonDict:
        """Return the card as a document that `read_card` reads."""
        return {
            "analysis": self.analysis,
            "contacts": [{"name": it.name, "email": it.email, "user": it.user} for it in self.contacts],
            "policy": self.policy,
            "quota_core_hours": self.quota_core_hours,
            **{kind: list(self.tags.get(kind, ())) for kind in TAG_KINDS},
            "note": self.note,
        }


def read_card(
    document: Any, vocabulary: Mapping[str, Mapping[str, str]], where: str = "", *, known_only: bool = True
) -> Card:
    """Return the card in an untrusted document; raises EntryError (`card.invalid`) with every fault that was found.

    `vocabulary` has the known words of each of `TAG_KINDS` with their meanings; unknown ones are faults, or passed over
    if not `known_only` (a card of a newer recast).
    """
    faults: list[str] = []
    if not isinstance(document, Mapping):
        raise _invalid(["it is not an object"], where)
    faults += [f"there is no `{key!s:.40}` in a card" for key in document if key not in _FIELDS]
    card = Card(
        _analysis(document, faults),
        _contacts(document.get("contacts"), faults),
        _policy(document, faults),
        _quota(document, faults),
        {kind: _tags(document.get(kind), kind, vocabulary[kind], faults if known_only else []) for kind in TAG_KINDS},
        _text(document, "note", 2000, faults),
    )
    if card.policy == "at-once" and not card.quota_core_hours:
        faults.append("`at-once` needs `quota_core_hours`: what each requester may use in 30 days")
    if faults:
        raise _invalid(faults, where)
    return card


def _invalid(faults: list[str], where: str) -> EntryError:
    return EntryError(
        f"The card has {len(faults)} fault{'s' * (len(faults) > 1)}",
        where=where,
        why="\n".join(faults[:_MOST]),
        next_step="recast catalogue card words   (lists the vocabulary)",
        code="card.invalid",
    )


def _text(document: JsonObject, key: str, most: int, faults: list[str]) -> str:
    found = document.get(key)
    if found is None:
        return ""
    if fault := fault_of_text(found, most, lines=key == "note"):
        faults.append(f"`{key}` {fault}")
        return ""
    return str(found).strip()


def _analysis(document: JsonObject, faults: list[str]) -> str:
    name = _text(document, "analysis", 200, faults)
    if not _ANALYSIS.fullmatch(name):
        faults.append("`analysis` is not the name of an analysis")
    return name


def _contacts(found: Any, faults: list[str]) -> tuple[Contact, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > _MOST:
        faults.append(f"`contacts` is not a list of at most {_MOST} people")
        return ()
    return tuple(contact for it in found if (contact := _contact(it, faults)) is not None)


def _contact(found: Any, faults: list[str]) -> Contact | None:
    if not isinstance(found, Mapping) or not {*found} <= {"name", "email", "user"}:
        faults.append("a contact has a `name`, and `email` or `user`")
        return None
    name, email, user = (_text(found, key, 200, faults) for key in ("name", "email", "user"))
    if not name or (email and not _EMAIL.fullmatch(email)):
        faults.append(f"a contact has a `name`, and a plain address as `email`: {name or email!s:.60}")
    return Contact(name, email, user)


def _policy(document: JsonObject, faults: list[str]) -> str:
    policy = document.get("policy", "on-acceptance")
    if policy not in POLICIES:
        faults.append(f"`policy` is one of {', '.join(POLICIES)}")
        return "closed"
    return str(policy)


def _quota(document: JsonObject, faults: list[str]) -> float:
    quota = document.get("quota_core_hours", 0)
    if isinstance(quota, bool) or not isinstance(quota, (int, float)) or not 0 <= quota <= 1e6:
        faults.append("`quota_core_hours` is not a number of core-hours")
        return 0.0
    return float(quota)


def _tags(found: Any, kind: str, known: Mapping[str, str], faults: list[str]) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(word, str) for word in found):
        faults.append(f"`{kind}` is not a list of at most {_MOST} words")
        return ()
    faults += [f"`{kind}`: there is no {word[:60]!r} in the vocabulary" for word in found if word not in known]
    return tuple(sorted({*found} & {*known}))
