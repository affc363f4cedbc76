"""How often a step may be started if its user says so: any failure counts, but for what no try would change."""

from __future__ import annotations

import pytest

from recast.engine import Policy
from recast.engine.overrides import RunOverrides
from recast.jobs import Action, FailureClass, Resources

USED = Resources()


@pytest.mark.parametrize("failure", [FailureClass.USER, FailureClass.INFRASTRUCTURE, FailureClass.LOST])
def test_what_is_said_counts_for_every_failure(failure: FailureClass) -> None:
    policy = Policy(said_tries=4)
    assert [policy.after(failure, tries, USED)[0] for tries in (1, 3, 4)] == [Action.RETRY, Action.RETRY, Action.STOP]
    assert Policy(said_tries=1).after(failure, 1, USED)[0] is Action.STOP


@pytest.mark.parametrize("failure", [FailureClass.SPEC, FailureClass.REFUSED, FailureClass.CANCELLED])
def test_what_no_try_would_change_is_final(failure: FailureClass) -> None:
    assert Policy(said_tries=9).after(failure, 1, USED)[0] is Action.STOP


def test_credentials_pause_as_ever() -> None:
    assert Policy(said_tries=1).after(FailureClass.AUTHENTICATION, 1, USED)[0] is Action.PAUSE


def test_without_a_word_a_failure_of_the_user_is_final() -> None:
    assert Policy().after(FailureClass.USER, 1, USED)[0] is Action.STOP


def test_it_is_recorded_with_the_run() -> None:
    assert RunOverrides.from_json(RunOverrides(tries=3).as_json()) == RunOverrides(tries=3)
    assert RunOverrides().as_json() == {}
    with pytest.raises(TypeError):
        RunOverrides.from_json({"tries": "3"})
