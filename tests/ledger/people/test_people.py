"""People on each database: the longest texts fit, once is once, and everything that was done is noted."""

from __future__ import annotations

import pytest

from recast.errors import CredentialsProblem, NotFound, RecastError, UsageError
from recast.ledger import Ledger
from recast.ledger.people.audit import deeds_about
from recast.ledger.people.flows import begin_flow, end_flow
from recast.ledger.people.invitations import invite, spend_invitation
from recast.ledger.people.links import links_of, make_link, read_link, revoke_link
from recast.ledger.people.roles import actor_of_user, bond, unbond
from recast.ledger.people.sessions import begin_session, end_sessions_of, read_session
from recast.ledger.people.tokens import end_tokens_of, issue_token, read_token, touch_token, use_is_due
from recast.ledger.people.users import block_user, find_user, make_local_user, unblock_user, user_of_provider
from recast.moments import plus

NOW = "2027-01-31T12:00:00Z"
ODD = "\x1b[2J\u202eé\x7f" * 200


def test_the_longest_and_oddest_texts_fit(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        ann = user_of_provider(connection, "https://id.example.org/" + "i" * 250, "s" * 255, ODD, "a" * 300, NOW)
        assert ann.email == ""
        assert ann.name.isprintable()
        actor = actor_of_user(connection, ann.id)
        _, token = issue_token(connection, actor, ODD, ["read"], 3600, NOW)
        secret, link = make_link(connection, "q" * 27, ann.id, ODD, 3600, NOW)
    with ledger.reading() as connection:
        assert links_of(connection, "q" * 27, NOW) == [link]
        assert read_link(connection, secret, NOW).link == "q" * 27
    with ledger.writing() as connection:
        block_user(connection, ann.id, "why? " * 1000, "service", NOW)
    with ledger.reading() as connection:
        assert len(find_user(connection, ann.id).blocked) == 500
        assert len(token.name) <= 100


def test_a_person_of_a_provider_is_known_by_issuer_and_subject_alone(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        ann = user_of_provider(connection, "https://a", "1", "Ann", "ann@example.org", NOW)
        again = user_of_provider(connection, "https://a", "1", "Ann Lee", "lee@example.org", NOW)
        others = [
            user_of_provider(connection, issuer, subject, "Ann", "ann@example.org", NOW)
            for issuer, subject in (("https://a", "2"), ("https://b", "1"), ("https://a/", "1"))
        ]
    assert (again.id, again.name, again.email) == (ann.id, "Ann Lee", "lee@example.org")
    assert len({ann.id, *(other.id for other in others)}) == 4


def test_what_counts_once_counts_once(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        code = invite(connection, "service", NOW, role="administrator")
        assert spend_invitation(connection, code, NOW).role == "administrator"
        with pytest.raises(NotFound):
            spend_invitation(connection, code, NOW)
        begun = begin_flow(connection, "/", NOW)
        assert end_flow(connection, begun.state, "of another browser", NOW) is None
        found = end_flow(connection, begun.state, begun.browser, NOW)
        assert found is not None
        assert (found.nonce, found.verifier) == (begun.nonce, begun.verifier)
        assert end_flow(connection, begun.state, begun.browser, NOW) is None


def test_everything_of_a_user_ends_at_once(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        ann = make_local_user(connection, "ann", "hash", "service", NOW)
        with pytest.raises(UsageError):
            make_local_user(connection, "ann", "hash", "service", NOW)
        secret, token = issue_token(connection, actor_of_user(connection, ann.id), "t", ["read"], 3600, NOW)
        session = begin_session(connection, ann.id, "local", NOW)
        assert use_is_due(token, NOW)
        touch_token(connection, token, NOW)
        assert not use_is_due(read_token(connection, secret, NOW).token, plus(NOW, 3599))
        end_tokens_of(connection, ann.id, "service", NOW)
        end_sessions_of(connection, ann.id)
        assert read_session(connection, session, NOW) is None
        with pytest.raises(CredentialsProblem):
            read_token(connection, secret, NOW)


def test_who_did_what_is_noted_and_holds_no_secret(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        ann = make_local_user(connection, "ann", "hash", "service", NOW)
        for _ in range(2):
            bond(connection, "role", ann.id, "operator", "uroot", NOW)
        unbond(connection, "role", ann.id, "operator", "uroot", NOW)
        block_user(connection, ann.id, "spam", "uroot", NOW)
        unblock_user(connection, ann.id, "uroot", NOW)
        secret, token = issue_token(connection, actor_of_user(connection, ann.id), "t", ["read"], 3600, NOW)
        link_secret, link = make_link(connection, "q1", ann.id, "", 3600, NOW)
        revoke_link(connection, "q1", link.id, ann.id, NOW)
        with pytest.raises(RecastError):
            revoke_link(connection, "q2", link.id, ann.id, NOW)
        told = deeds_about(connection, ann.id)
        noted = str([told, deeds_about(connection, token.id), deeds_about(connection, link.id)])
    assert [it["deed"] for it in told] == ["user-made", "role-given", "role-taken", "user-blocked", "user-unblocked"]
    assert secret not in noted
    assert link_secret not in noted
    assert "link-revoked" in noted
