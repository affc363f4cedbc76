"""The site's rules are held against what the engine gives a stage, whatever was said of it in whatever order."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.engine.options import options_of, resources_of
from recast.errors import PermissionDenied
from recast.prepare.override_words import OverrideFlags, overrides_of
from recast.prepare.site_rules import capped, check_allowed
from recast.site import SitePolicy, site_policies
from recast.spec import load_workflow
from recast.spec.model import Workflow
from recast.workflow import Expansion, Step, is_job

DIGEST = "sha256:" + "0" * 64
NAMES = ("fit", "map/fit", "other/fit", "map/deep/fit", "map", "lonely", "other/lonely")
SAID = ("memory=2GB", "memory=64GB", "network=yes", "network=no", "cpus=1", "cpus=9", "walltime=1h", "walltime=9d")
FLAGS = tuple(f"{name}:{said}" for name in NAMES for said in SAID)
RULES = 'allow_network = false\nmost_memory = "4GB"\nmost_cpus = 2\nmost_walltime = "1d"\n'


def stage(name: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": {}, **body}
    return {"name": name, "dependencies": ["init"], "scheduler": scheduler, **options}


def packtivity(**options: Any) -> dict[str, Any]:
    image = {"environment_type": "docker-encapsulated", "image": f"x@{DIGEST}", "recast": options}
    publisher = {"publisher_type": "constant-pub", "publish": {}}
    return {
        "step": {
            "process": {"process_type": "string-interpolated-cmd", "cmd": "true"},
            "environment": image,
            "publisher": publisher,
        }
    }


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """One `fit` at the top and three below, one of them two deep; the one in `map` asks for much."""
    folder = tmp_path_factory.mktemp("spec")
    deep = {"workflow": {"stages": [stage("fit", packtivity())]}}
    within = {"workflow": {"stages": [stage("fit", packtivity(memory_mb=8000, network=True)), stage("deep", deep)]}}
    other = {"workflow": {"stages": [stage("fit", packtivity(), recast={"cpus": 8}), stage("lonely", packtivity())]}}
    stages = [stage("fit", packtivity()), stage("map", within), stage("other", other)]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return load_workflow("workflow.yml", folder).workflow


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> tuple[SitePolicy, ...]:
    file = tmp_path_factory.mktemp("site") / "site.toml"
    file.write_text(RULES)
    return site_policies({"RECAST_SITE": str(file), "RECAST_CONFIG": ""})


@pytest.fixture(scope="module")
def jobs(workflow: Workflow) -> list[Step]:
    expansion = Expansion(workflow)
    expansion.start({}, {})
    return [step for step in expansion.steps if is_job(step)]


def agree(workflow: Workflow, jobs: list[Step], policies: tuple[SitePolicy, ...], flags: tuple[str, ...]) -> bool:
    """Check that policy and engine say the same of some flags; return whether the site lets them pass."""
    overrides = overrides_of(OverrideFlags(stages=flags), workflow)
    within = True
    for step in jobs:
        asked = resources_of(step, overrides)
        within &= not options_of(step, overrides).get("network")
        within &= asked.memory_mb <= 4000 and asked.cpus <= 2 and asked.walltime_s <= 86_400
    try:
        check_allowed(policies, workflow, overrides, None)
    except PermissionDenied:
        assert not within, flags
        return False
    assert within, flags
    return True


def test_all_pairs_of_flags_in_both_orders(
    workflow: Workflow, jobs: list[Step], policies: tuple[SitePolicy, ...]
) -> None:
    modest = ("map/fit:memory=2GB", "map/fit:network=no", "other/fit:cpus=1")
    passed = [agree(workflow, jobs, policies, (*pair, *modest)) for pair in itertools.permutations(FLAGS, 2)]
    assert any(passed)
    assert not all(passed)


@given(st.lists(st.sampled_from(FLAGS), max_size=8).flatmap(lambda flags: st.permutations(flags)))
@settings(max_examples=150, deadline=None)
def test_any_flags_in_any_order(
    workflow: Workflow, jobs: list[Step], policies: tuple[SitePolicy, ...], flags: list[str]
) -> None:
    agree(workflow, jobs, policies, tuple(flags))


def test_a_longer_name_does_not_pass_by_being_said_first(workflow: Workflow, policies: tuple[SitePolicy, ...]) -> None:
    flags = ("map/fit:memory=64GB", "map/fit:network=yes", "fit:memory=2GB", "fit:network=no", "fit:cpus=1")
    with pytest.raises(PermissionDenied, match="map/fit"):
        check_allowed(policies, workflow, overrides_of(OverrideFlags(stages=flags), workflow), None)


def test_workflows_that_refer_to_each_other_often_are_judged_at_once(
    policies: tuple[SitePolicy, ...], tmp_path: Path
) -> None:
    """Two references at each of twelve levels are 4096 paths."""
    levels = 12
    for level in range(levels):
        below = {"workflow": {"$ref": f"w{level + 1}.yml"}}
        (tmp_path / f"w{level}.yml").write_text(yaml.safe_dump({"stages": [stage("a", below), stage("b", below)]}))
    (tmp_path / f"w{levels}.yml").write_text(yaml.safe_dump({"stages": [stage("fit", packtivity(cpus=3))]}))
    made = load_workflow("w0.yml", tmp_path).workflow
    for flags in ((), ("/".join("a" * levels) + "/fit:cpus=1",)):
        with pytest.raises(PermissionDenied, match="asks for 3 of cpus"):
            check_allowed(policies, made, overrides_of(OverrideFlags(stages=flags), made), None)


def test_growth_stops_where_the_site_says(policies: tuple[SitePolicy, ...]) -> None:
    lowered = capped(policies, {"memory_cap_mb": 16_000, "walltime_cap_s": 10**9, "growth": 2.0})
    assert lowered == {"memory_cap_mb": 4000, "walltime_cap_s": 86_400, "growth": 2.0}
    assert all(type(lowered[name]) is int for name in ("memory_cap_mb", "walltime_cap_s"))
