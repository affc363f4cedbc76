"""Any text, any tree of the language's words, any change of a valid workflow: judged, never with another exception."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spec_mutations import EVERYTHING, mutants

from recast.errors import RecastError
from recast.operations.lint import report_of, summary_of
from recast.spec import load_workflow
from recast.spec.lint.judge import judge
from recast.spec.lint.sarif import as_sarif
from recast.spec.rulebook import RULES

WORDS = sorted({
    "stages", "name", "dependencies", "scheduler", "scheduler_type", "parameters", "step", "workflow", "cases", "if",
    "scatter", "method", "batchsize", "partitionsize", "register_values", "workflow_opts", "bindings", "stepscript",
    "process", "environment", "publisher", "process_type", "cmd", "script", "interpreter", "environment_type", "image",
    "imagetag", "resources", "env", "par_mounts", "jqscript", "mountpath", "recast", "network", "publisher_type",
    "publish", "glob", "relative_paths", "outputmap", "yamlfile", "outputkey", "globexpression", "expression_type",
    "key", "value", "output", "unwrap", "flatten", "dependency_type", "expressions", "$ref", "steps", "workdir",
})  # fmt: skip
KINDS = [
    "singlestep-stage", "multistep-stage", "jq-stage", "string-interpolated-cmd", "interpolated-script-cmd",
    "docker-encapsulated", "localproc-env", "noop-env", "interpolated-pub", "frompar-pub", "fromglob-pub",
    "fromyaml-pub", "constant-pub", "fromparjq-pub", "stage-output-selector", "fromvalue", "jsonpath_ready",
    "expressions_fulfilled", "zip", "cartesian",
]  # fmt: skip
TEXTS = [
    "init", "a", "b", "a[*].b", "a[0]", "*", "{workdir}/x", "{x}", "{", "{}", "{x.y}", "#/stages", "workflow.yml#/a",
    "../x", "set -e\na | tee b", "curl x", "*.root", "", "é\u202e", "password=hunter2hunter2", "a:b@sha256:0",
]  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.sampled_from(KINDS + TEXTS), st.text(max_size=8)
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)),
    max_leaves=40,
)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def check(folder: Path, data: bytes) -> None:
    """Judge a workflow in every way, and compare with what a run says of it."""
    path = folder / "workflow.yml"
    path.write_bytes(data)
    judgement = judge(path, [folder], lint=True)
    assert {finding.code for finding in judgement.findings} <= RULES.keys()
    json.dumps([report_of(judgement), summary_of([judgement]), as_sarif([judgement], folder)]).encode()
    assert judge(path, [folder]).runnable == loads(folder)
    for finding in judgement.findings:
        assert finding.position is not None
        assert finding.what and finding.why and finding.next_step


def loads(folder: Path) -> bool:
    try:
        load_workflow("workflow.yml", folder)
    except RecastError as error:
        assert error.exit_code == 3
        assert error.what
        return False
    return True


ANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@ANY
@given(tree=trees)
def test_any_tree_of_the_words_of_the_language(folder, tree):
    check(folder, json.dumps(tree).encode())


@ANY
@given(stages=st.lists(trees, max_size=3))
def test_any_stages(folder, stages):
    check(folder, json.dumps({"stages": stages}).encode())


@ANY
@given(seed=st.integers(0, 2**32))
def test_any_changes_of_a_workflow_with_everything_in_it(folder, seed):
    count = random.Random(seed).choice([1, 1, 2])
    for document in mutants([EVERYTHING], count=count, seed=seed):
        check(folder, json.dumps(document).encode())


@ANY
@given(
    parameters=st.dictionaries(st.text(max_size=6), trees, max_size=4),
    texts=st.lists(st.sampled_from(TEXTS) | st.text(max_size=30), min_size=5, max_size=5),
)
def test_any_step(folder, parameters, texts):
    command, value, glob, image, name = texts
    step = {
        "process": {"process_type": "interpolated-script-cmd", "script": command, "interpreter": "bash"},
        "environment": {"environment_type": "docker-encapsulated", "image": image},
        "publisher": {"publisher_type": "interpolated-pub", "publish": {"a": value, "b": [glob]}, "glob": True},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    check(folder, json.dumps({"stages": [{"name": name, "dependencies": ["init"], "scheduler": scheduler}]}).encode())


@ANY
@given(st.binary(max_size=200) | st.text(alphabet="abc:-[]{}#&*!|>'\"\n %@`,?", max_size=80).map(str.encode))
def test_any_bytes(folder, data):
    check(folder, data)


@pytest.mark.parametrize(
    "wrong",
    [{"cases": 5}, {"cases": [1]}, {"cases": [{"if": "."}]}, {"cases": {"a": 1}}, {"cases": [{"if": ".", "step": 5}]},
     {"workflow_opts": True}, {"scatter": 5, "batchsize": "x"}, {"parameters": 5}],
)  # fmt: skip
def test_what_the_schema_lets_pass_in_a_jq_stage(folder, wrong):
    scheduler = {"scheduler_type": "jq-stage", "bindings": {}, **wrong}
    check(folder, json.dumps({"stages": [{"name": "a", "scheduler": scheduler}]}).encode())
