"""Our verdict equals that of the real yadage-schemas 0.11.1: on the corpus, and on random changes of it."""

from __future__ import annotations

import json

import pytest
from spec_mutations import EVERYTHING, mutants

from recast.errors import SpecError
from recast.spec import load_workflow
from recast.spec.references import Bundle
from recast.spec.rules.context import packtivities, sub_workflows
from recast.spec.schema import check_workflow

DEFECTS = {
    # What yadage-schemas accepts, and what no run can make sense of.
    "workflow/test.yml": "spec.placeholder",
    "rootflow.yml": "spec.unknown-stage",
    "casesflow/multi/workflow.yml": "spec.body",
    "with_subworkflow.yml": "spec.workdir",
}


def ours(path, toplevel):
    try:
        root = Bundle(toplevel).root(path)
        return "INVALID" if check_workflow(root) else "VALID"
    except SpecError:
        return "ERROR"


@pytest.fixture(scope="module")
def changed(corpus):
    plain = [Bundle(item.toplevel).root(item.path).plain() for item in corpus if item.verdict == "VALID"]
    small = [document for document in plain if len(json.dumps(document)) < 6000]
    return mutants([*small, *[EVERYTHING] * 12], count=200, seed=2)


@pytest.fixture(scope="module")
def oracle(corpus, changed, yadage_says):
    return yadage_says([(item.path, str(item.toplevel)) for item in corpus], changed)


def test_corpus_files_get_the_same_verdict(corpus, oracle):
    known = [item.verdict for item in corpus]
    assert oracle["files"] == known
    assert [ours(item.path, item.toplevel) for item in corpus] == known


def test_changed_documents_get_the_same_verdict(changed, oracle, tmp_path):
    differences = []
    for number, (document, theirs) in enumerate(zip(changed, oracle["documents"], strict=True)):
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
        verdict = ours(f"{number}.json", tmp_path)
        if (verdict == "VALID") != (theirs == "VALID"):
            differences.append((theirs, verdict, document))
    assert not differences
    assert {"VALID", "INVALID"} <= set(oracle["documents"])


def test_what_the_schema_accepts_is_built_or_refused_with_a_code(changed, tmp_path):
    for number, document in enumerate(changed):
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
        try:
            load_workflow(f"{number}.json", tmp_path)
        except SpecError as error:
            assert error.code.startswith("spec.")
            assert error.where.startswith(f"{number}.json:"), error


def test_valid_corpus_files_load_but_for_the_known_defects(corpus):
    for item in corpus:
        if item.verdict != "VALID":
            continue
        expected = next((code for end, code in DEFECTS.items() if f"{item.toplevel}/{item.path}".endswith(end)), None)
        if expected is None:
            assert load_workflow(item.path, item.toplevel).workflow.stages is not None
        else:
            with pytest.raises(SpecError) as caught:
                load_workflow(item.path, item.toplevel)
            assert caught.value.code == expected
            assert load_workflow(item.path, item.toplevel, check=False).workflow.stages


def test_every_object_knows_its_place(corpus):
    for item in corpus:
        if item.verdict == "VALID":
            ahead = [load_workflow(item.path, item.toplevel, check=False).workflow]
            while ahead:
                for stage in ahead.pop().stages:
                    places = [stage.position, *(body.position for body in packtivities(stage))]
                    assert all((item.toplevel / place.file).is_file() and place.line >= 1 for place in places)
                    ahead += sub_workflows(stage)
