# ruff: noqa: RUF001  (questions are in every script)
"""The search of a copy: what its script finds is what the service finds, in the same order."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from recast.ledger.catalogue.shelf import Shelf
from recast.service.offline.search import FOLDER, items_of_list, packed, shards
from tests.service.offline.conftest import Copy

HERE = Path(__file__).parent
SCRIPT = HERE.parents[2] / "recast/service/offline/search.js"

QUESTIONS: list[dict[str, Any]] = [
    {"q": it}
    for it in (
        "", "squarks", "squ", "SQUARKS  Channel", "channel 7", "wino pair", "lepton", "search", "many", "cms", "s",
        "one lepton",
    )
]  # fmt: skip
QUESTIONS += [
    {"q": "", "chosen": {"collaboration": "CMS"}},
    {"q": "squarks", "chosen": {"collaboration": "LHCb", "status": "published"}},
    {"q": "squarks", "chosen": {"collaboration": "nobody"}},
]


def asked(folder: Path, questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the script of a copy finds."""
    node = shutil.which("node")
    assert node, "Node runs the script; Debian's package nodejs has it"
    told = json.dumps(list(questions))
    done = subprocess.run([node, HERE / "ask.cjs", folder], input=told, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_copy_finds_what_the_service_finds_in_the_same_order(copy: Copy) -> None:
    names = [it["analysis"] for it in copy.stranger.get("/analyses.json?limit=200").json()["items"]]
    for question, found in zip(QUESTIONS, asked(copy.folder / FOLDER, QUESTIONS), strict=True):
        wanted = {"q": question["q"], "limit": "200", **question.get("chosen", {})}
        served = copy.stranger.get("/analyses.json", params=wanted).json()
        assert [names[at] for at in found["places"]] == [it["analysis"] for it in served["items"]], question


def test_each_item_is_the_one_that_the_service_lists(copy: Copy) -> None:
    text = copy.text(f"{FOLDER}/i0.js")
    items = json.loads(text.removeprefix('shard("i0",').removesuffix(");\n"))
    assert len(items) == copy.exported.analyses
    shown = items_of_list(copy.text("analyses.html")) + items_of_list(copy.text("analyses-2.html"))
    assert items == shown
    for name, item in zip(copy.stranger.get("/analyses.json?limit=200").json()["items"], items, strict=True):
        assert f"<code>{name['analysis']}</code>" in item


def golden_copy(folder: Path) -> list[Any]:
    """Write what a copy of the golden catalogue searches; return the records, by name."""
    golden = pytest.importorskip("tests.search.golden")
    language = pytest.importorskip("recast.search")
    records = sorted(golden.catalogue(), key=lambda it: it.analysis)
    terms = [it.terms() for it in records]
    shelf = Shelf.of("1", ((at, it.analysis, it.facets()) for at, it in enumerate(records)))
    words = [(it.names, it.words) for it in terms]
    spelled = {word for it in terms for word in language.spelled(it.words)}
    facets = [(name, name) for name in shelf.facets]
    (folder / FOLDER).mkdir()
    for it in shards(shelf, words, ["" for _ in records], spelled, facets, {}):
        (folder / it.file).write_bytes(it.content)
    shutil.copy(SCRIPT, folder / FOLDER)
    return records


def test_the_golden_queries_find_the_same_as_in_the_databases(tmp_path: Path) -> None:
    golden = pytest.importorskip("tests.search.golden")
    records = golden_copy(tmp_path)
    questions = [{"q": it["q"], "chosen": it.get("facets", {})} for it in golden.QUERIES]
    for query, found in zip(golden.QUERIES, asked(tmp_path / FOLDER, questions), strict=True):
        assert [records[at].analysis for at in found["places"]] == query["found"], query
        assert found["instead"] == query.get("instead", ""), query
        assert found["meant"] == query.get("meant", found["meant"]), query
        assert found["notes"] == query.get("notes", []), query


PIECES = (
    "collaboration:", "sqrts:", "title:", "r:", "inspire:", "arxiv:", "validated:", "foo:", "13", "13.6", "TeV", "8TeV",
    "139fb", "higgs", "Higgs", '"', "“", "”", " ", "  ", "-", "'", "’", "′", "W prime", "Z'", "Z^\\prime",
    "$\\tilde{\\chi}_1^0$", "\\alpha", "\\varphi", "ℓ", "χ", "αβγ", "ß", "Ø", "ﬁ", "İ", "Σας", "超対称性",
    "สวัสดี", "é", "e\u0301", "\u200b", "\u202e", "1909.09226", "v2", "arXiv:", "hep-ex/0601001", "ATLAS-SUSY-2018-32",
    "CMS_SUS_19_007", "10.1007/JHEP05(2022)014", "10.17182/hepdata.90607.v2", "10.48550/arXiv.2106.01676", "ins1748602",
    "https://", "inspirehep.net/literature/", "[hep-ex]", "_", ".", "/", ":", "yes", "true", "½", "²", "٣", "x" * 70,
    "\n", "\u00a0", "\x1f", "–", "~", "{", "^", "𝒳", "😀",
)  # fmt: skip


def test_the_script_reads_every_question_as_the_service_does() -> None:
    language = pytest.importorskip("recast.search")
    chance = random.Random(19)
    questions = ["".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9))) for _ in range(1000)]
    questions += ["a " * 20, "x" * 2000]
    node = shutil.which("node")
    assert node
    told = json.dumps(questions)
    done = subprocess.run([node, HERE / "read.cjs", SCRIPT], input=told, capture_output=True, text=True, timeout=120)
    for text, found in zip(questions, json.loads(done.stdout), strict=True):
        asked_for = language.read_question(text)
        words = [
            [[it.word, it.whole, it.names] for it in those] for those in (asked_for.wanted(), asked_for.in_names())
        ]
        assert found == [*words, list(asked_for.notes)], text


def test_few_shards_are_loaded_for_a_word(tmp_path: Path) -> None:
    size = 3000
    words = [([f"name{at}"], [f"word{at * 7 + step}" for step in range(60)] + ["common"]) for at in range(size)]
    shelf = Shelf.of("1", ((at, f"a{at:05}", {"status": ["published"]}) for at in range(size)))
    (tmp_path / FOLDER).mkdir()
    made = list(shards(shelf, words, [f"<li>{at}</li>" for at in range(size)], (), [("status", "Status")], {}))
    for it in made:
        (tmp_path / it.file).write_bytes(it.content)
    shutil.copy(SCRIPT, tmp_path / FOLDER)
    shards_of_words = [it for it in made if it.file.startswith(f"{FOLDER}/w")]
    assert len(shards_of_words) > 5 and max(len(it.content) for it in shards_of_words) < 100_000
    exact, common, beginning = asked(tmp_path / FOLDER, [{"q": "word1234"}, {"q": "common name12"}, {"q": "name299"}])
    assert exact["loaded"] <= 6  # head, facets, a shard or two for each of two looks
    assert common["places"] == [at for at in range(size) if f"name{at}".startswith("name12")]
    assert beginning["places"] == [299, *range(2990, 3000)]


@pytest.mark.parametrize("positions", [[], [0], [5], [0, 1, 2, 99], list(range(100)), list(range(0, 100, 9)), [99]])
def test_positions_are_packed_and_unpacked(positions: list[int], tmp_path: Path) -> None:
    text = packed(positions, 100)
    assert len(text) <= 40
    node = shutil.which("node")
    assert node
    program = f"""
        globalThis.recastLoad = () => {{}};
        require("node:vm").runInThisContext(require("node:fs").readFileSync({json.dumps(str(SCRIPT))}, "utf8"));
        process.stdout.write(JSON.stringify(recastSearch.positions({json.dumps(text)})));
    """
    done = subprocess.run([node, "-e", program], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == positions, done.stderr
