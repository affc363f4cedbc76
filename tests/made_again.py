"""A shared fixture that failed is made once more, for the next test that wants it: one bad moment is not hundreds.

The summary says which, and how it went. It works in each of xdist's workers; the controller gathers what they say.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

__all__ = ["MadeAgain"]

_SAID = "made_again"


class MadeAgain:
    """The plugin: `config.pluginmanager.register(MadeAgain())`."""

    def __init__(self) -> None:
        self._failed: dict[object, str] = {}
        self._said: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, Any, Any]:
        key = fixturedef, repr(fixturedef.cache_key(request))  # type: ignore[arg-type]
        try:
            made = yield
        except pytest.skip.Exception:
            raise
        except (Exception, pytest.fail.Exception) as failure:
            if fixturedef.scope != "function":
                self._note(key, fixturedef, request, failure)
            raise
        if (before := self._failed.pop(key, None)) is not None:
            self._said.append(f"{before}; made again for {request.node.nodeid or 'the session'}: it is there")
        return made

    def _note(
        self, key: object, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, failure: BaseException
    ) -> None:
        why = (str(failure).splitlines() or [""])[0][:200]
        if key in self._failed:
            self._said.append(f"{self._failed[key]}; made again: {type(failure).__name__}: {why}; given up")
            return
        self._failed[key] = f"{fixturedef.scope} fixture {fixturedef.argname}: {type(failure).__name__}: {why}"
        fixturedef.finish(request)  # type: ignore[arg-type]  # forget the failure

    # what is said in the end -------------------------------------------------------------------------------------

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._said += [
            f"{before}; nobody wanted it again" for key, before in self._failed.items() if not self._over(before)
        ]
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output[_SAID] = self._said

    def _over(self, before: str) -> bool:
        return any(said.startswith(before) for said in self._said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self._said += getattr(node, "workeroutput", {}).get(_SAID, [])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._said:
            terminalreporter.section("shared fixtures that failed")
            for line in self._said:
                terminalreporter.write_line(line)
