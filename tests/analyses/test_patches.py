"""Patches of theorists for a likelihood: what is refused names sample and channel, and the parameter that was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.analyses.squarks import scripts
from tests.conftest import ROOT

FILES = ROOT / "specs/atlas-susy-2019-08/1.0.0/files"
WORKSPACE = json.loads((FILES / "data/BkgOnly.json").read_text())
FIRST, SECOND = (channel["name"] for channel in WORKSPACE["channels"][:2])
BACKGROUND = WORKSPACE["channels"][1]["samples"][0]["name"]


@pytest.fixture(scope="module")
def patches() -> Iterator[ModuleType]:
    with scripts(FILES / "scripts", "patches") as (module,):
        yield module


def signal(poi: str = "mu_Sig", name: str = "s") -> dict[str, Any]:
    factor = {"name": poi, "type": "normfactor", "data": None}
    return {"op": "add", "path": "/channels/0/samples/-", "value": {"name": name, "data": [1.0], "modifiers": [factor]}}


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (
            {"op": "remove", "path": "/channels/1/samples/0"},
            f"'remove' .* the sample {BACKGROUND} of the channel {SECOND}",
        ),
        (
            {"op": "replace", "path": "/channels/1/samples/0/data/0", "value": 0},
            f"the sample {BACKGROUND} of the channel",
        ),
        (
            {"op": "remove", "path": "/channels/0/samples/99"},
            f"the channel {FIRST}, does more than add a signal sample",
        ),
        (signal("lumi"), "interest 'mu_Sig' .they scale with 'lumi'.: a patch for another workspace"),
        (signal(name=BACKGROUND), f"the channel {FIRST} has a sample '{BACKGROUND}' of the background already"),
    ],
)
def test_what_a_patch_may_not_do_is_named(patches: ModuleType, operation: dict[str, Any], words: str) -> None:
    with pytest.raises(patches.Refused, match=words):
        patches.check([operation], WORKSPACE, "own-patch")


def test_a_patch_that_only_adds_signal_is_taken(patches: ModuleType) -> None:
    patches.check([signal()], WORKSPACE, "own-patch")


def test_a_whole_workspace_is_told_from_a_patch(patches: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(WORKSPACE))
    with pytest.raises(patches.Refused, match="whole workspace: hand in what it adds"):
        patches.read(tmp_path / "p.json", WORKSPACE)
    (tmp_path / "p.json").write_bytes(b"\xef\xbb\xbf" + json.dumps([signal()]).encode().replace(b"\n", b"\r\n"))
    assert len(patches.read(tmp_path / "p.json", WORKSPACE)) == 1
