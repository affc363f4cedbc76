"""The reference page of settings is what executors declare; the page of site rules names every rule."""

from __future__ import annotations

import re

from recast.executors.reference import settings_page
from recast.executors.registry import OWN, executor_class
from recast.site.policy import RULES
from tests.conftest import ROOT

DOCS = ROOT / "docs/reference"


def test_the_page_of_settings_is_current() -> None:
    assert (DOCS / "executor-settings.md").read_text() == settings_page(), "type: scripts/settings-page"


def test_every_setting_says_what_it_is_for() -> None:
    for name in OWN:
        settings = getattr(executor_class(name), "settings", ())
        assert len({setting.name for setting in settings}) == len(settings)
        for setting in settings:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", setting.name), setting.name
            assert setting.help.strip(), setting.name
            assert setting.read(setting.default) == setting.default, f"{name}: {setting.name} has a wrong default"


def test_the_page_of_rules_names_every_rule() -> None:
    page = (DOCS / "site-policy.md").read_text()
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == set(RULES)
