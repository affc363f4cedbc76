"""Tokens: what they open, for how long, and that none gets more than it was given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.desk.model import SCOPES
from recast.errors import CredentialsProblem, PermissionDenied, UsageError
from recast.ledger.people.roles import actor_of_user, bond, unbond
from recast.ledger.people.secret_texts import digest_of, is_of_kind, new_secret
from recast.ledger.people.tokens import (
    LONGEST_LIFE_S,
    MOST_TOKENS,
    issue_token,
    read_token,
    revoke_token,
    tokens_of,
)
from recast.ledger.people.users import block_user
from tests.service.identity.conftest import House


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_says_who_and_what(house: House) -> None:
    ann = house.user("ann", "operator")
    said = house.client().get("/who", headers=bearer(house.token(ann, "request", "read"))).json()
    assert said == {
        "user": ann.id, "roles": ["operator"], "scopes": ["read", "request"], "link": "", "how": "token", "name": "ann"
    }  # fmt: skip


def test_nothing_of_a_token_is_kept_but_its_digest(house: House, ledger: object) -> None:
    token = house.token(house.user())
    house.client().get("/who", headers=bearer(token))
    with house.ledger.reading() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert digest_of(token) in dump
    assert token not in dump
    assert token[4:30] not in dump


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YW5uOng=", "Bearer rct_", "Bearer ' OR 1=1 --", f"Bearer {'x' * 5000}", "rct_x",
     "Bearer rct_" + "A" * 43, "Bearer rcs_" + "A" * 43],
)  # fmt: skip
def test_what_is_no_token_is_401_and_never_a_cookie(house: House, header: str) -> None:
    house.user()
    client = house.client()
    client.post("/login/local", data={"login": "ann", "password": "three unrelated words"})
    assert client.get("/who").json()["how"] == "session"
    refused = client.get("/who", headers={"Authorization": header})
    assert refused.status_code == 401
    assert refused.json()["code"] == "permission.token"
    assert refused.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token_is_refused_to_the_second(house: House) -> None:
    token = house.token(house.user(), life_s=60)
    house.clock.now_s += 59
    assert house.client().get("/who", headers=bearer(token)).status_code == 200
    house.clock.now_s += 1
    assert house.client().get("/who", headers=bearer(token)).status_code == 401


def test_a_clock_that_goes_back_revives_nothing_that_was_revoked(house: House) -> None:
    ann = house.user()
    token = house.token(ann)
    with house.ledger.writing() as connection:
        mine = tokens_of(connection, ann.id, house.now)[0]
        revoke_token(connection, ann.id, mine.id, ann.id, house.now)
    house.clock.now_s -= 86400
    assert house.client().get("/who", headers=bearer(token)).status_code == 401


def test_a_token_made_with_a_token_has_no_more_of_anything(house: House) -> None:
    ann = house.user("ann", "administrator")
    with house.ledger.writing() as connection:
        secret, parent = issue_token(
            connection, actor_of_user(connection, ann.id), "p", ["read", "request"], 3600, house.now
        )
        holder = read_token(connection, secret, house.now).actor
        for scope in sorted(set(SCOPES) - {"read", "request"}):
            with pytest.raises(PermissionDenied) as refused:
                issue_token(connection, holder, "c", ["read", scope], 3600, house.now, parent)
            assert refused.value.code == "permission.scope"
        child_secret, child = issue_token(connection, holder, "c", ["read"], LONGEST_LIFE_S, house.now, parent)
        assert child.expires == parent.expires
        grandchild = issue_token(connection, holder, "g", ["read"], 60, house.now, child)[0]
        revoke_token(connection, ann.id, parent.id, ann.id, house.now)
        for each in (secret, child_secret, grandchild):
            with pytest.raises(CredentialsProblem):
                read_token(connection, each, house.now)


def test_a_token_that_was_revoked_since_it_was_read_makes_no_other(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        secret, parent = issue_token(connection, actor_of_user(connection, ann.id), "p", ["read"], 3600, house.now)
        holder = read_token(connection, secret, house.now).actor
    with house.ledger.writing() as connection:
        revoke_token(connection, ann.id, parent.id, ann.id, house.now)
    with house.ledger.writing() as connection, pytest.raises(CredentialsProblem):
        issue_token(connection, holder, "c", ["read"], 3600, house.now, parent)


@pytest.mark.parametrize("scope", ["operate", "admin"])
def test_a_user_without_a_role_cannot_give_its_scope(house: House, scope: str) -> None:
    ann = house.user()
    with house.ledger.writing() as connection, pytest.raises(PermissionDenied):
        issue_token(connection, actor_of_user(connection, ann.id), "t", [scope], 3600, house.now)


@pytest.mark.parametrize("scope", ["operate", "admin"])
def test_a_code_that_somebody_else_may_have_begun_gives_no_power(house: House, scope: str) -> None:
    asked = {"device": "x", "scopes": ["read", scope]}
    assert house.client().post("/api/v1/login/device/token", json=asked).status_code == 422
    assert house.client().post("/api/v1/login/device/token", json={"device": "x"}).status_code == 404, "no provider"


def test_a_role_that_is_taken_is_gone_from_every_token(house: House) -> None:
    ann = house.user("ann", "administrator")
    token = house.token(ann, "read", "admin")
    with house.ledger.writing() as connection:
        unbond(connection, "role", ann.id, "administrator", "service", house.now)
    assert house.client().get("/who", headers=bearer(token)).json()["roles"] == []


def test_a_blocked_user_is_out_at_once_by_token_session_and_password(house: House) -> None:
    ann = house.user()
    token, client = house.token(ann), house.client()
    form = {"login": "ann", "password": "three unrelated words"}
    client.post("/login/local", data=form)
    with house.ledger.writing() as connection:
        block_user(connection, ann.id, "spam", "service", house.now)
    for said in (
        client.get("/who"),
        house.client().get("/who", headers=bearer(token)),
        house.client().post("/login/local", data=form),
    ):
        assert (said.status_code, said.json()["code"], said.json()["why"]) == (403, "permission.blocked", "spam")


@pytest.mark.parametrize("life_s", [0, -1, 59, LONGEST_LIFE_S + 1, float("inf"), float("nan")])
def test_lives_that_no_token_has(house: House, life_s: float) -> None:
    ann = house.user()
    with pytest.raises(UsageError):
        house.token(ann, life_s=life_s)


@pytest.mark.parametrize("scopes", [(), ("everything",), ("read", "READ")])
def test_scopes_that_there_are_not(house: House, scopes: tuple[str, ...]) -> None:
    ann = house.user()
    with house.ledger.writing() as connection, pytest.raises(UsageError):
        issue_token(connection, actor_of_user(connection, ann.id), "t", scopes, 3600, house.now)


def test_tokens_are_bounded_in_number(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        actor = actor_of_user(connection, ann.id)
        for _ in range(MOST_TOKENS):
            issue_token(connection, actor, "t", ["read"], 60, house.now)
        with pytest.raises(UsageError):
            issue_token(connection, actor, "t", ["read"], 60, house.now)
        house.clock.now_s += 60
        issue_token(connection, actor, "t", ["read"], 60, house.now)


def test_a_name_cannot_draw_on_a_terminal(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        actor = actor_of_user(connection, ann.id)
        made = issue_token(connection, actor, "\x1b[2Jlaptop\n\u202e", ["read"], 60, house.now)[1]
    assert made.name == "\\u001b[2Jlaptop\\n\\u202e"


def test_use_is_noted_to_the_hour_and_a_full_ledger_is_no_hindrance(house: House) -> None:
    ann = house.user()
    token = house.token(ann, life_s=86400)
    client = house.client()
    for _ in range(3):
        client.get("/who", headers=bearer(token))
    with house.ledger.reading() as connection:
        assert tokens_of(connection, ann.id, house.now)[0].used == house.now
    house.clock.now_s += 7200
    with house.ledger.writing() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert client.get("/who", headers=bearer(token)).status_code == 200


def test_many_wrong_tokens_are_too_many(house: House) -> None:
    token = house.token(house.user())
    attacker, other = house.client("198.51.100.7"), house.client("203.0.113.9")
    statuses = [attacker.get("/who", headers=bearer(new_secret("token"))).status_code for _ in range(70)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert attacker.get("/who", headers=bearer(token)).status_code == 200  # a neighbour's guesses lock nobody out
    assert other.get("/who", headers=bearer(token)).status_code == 200


@given(st.text(max_size=80))
def test_no_text_but_a_token_has_its_form(text: str) -> None:
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert is_of_kind(text, "token") == (len(text) == 47 and text[:4] == "rct_" and set(text[4:]) <= letters)


@given(st.sampled_from(["token", "session", "link", "invitation"]), st.integers(0, 20), st.characters())
def test_a_changed_secret_is_another(kind: str, place: int, letter: str) -> None:
    secret = new_secret(kind)  # type: ignore[arg-type]
    assert is_of_kind(secret, kind)  # type: ignore[arg-type]
    changed = secret[:place] + letter + secret[place + 1 :]
    if changed != secret:
        assert digest_of(changed.encode("utf-8", "replace").decode()) != digest_of(secret)


def test_a_contact_is_one_as_long_as_the_bond_holds(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        for kind, to in (("contact", "atlas-susy-2018-31"), ("coordinator", "ATLAS")):
            bond(connection, kind, ann.id, to, "service", house.now)  # type: ignore[arg-type]
            bond(connection, kind, ann.id, to, "service", house.now)  # type: ignore[arg-type]
        actor = actor_of_user(connection, ann.id)
        assert (actor.contact_of, actor.coordinator_of) == ({"atlas-susy-2018-31"}, {"ATLAS"})
        unbond(connection, "contact", ann.id, "atlas-susy-2018-31", "service", house.now)
        assert actor_of_user(connection, ann.id).contact_of == frozenset()
