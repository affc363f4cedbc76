"""Declarations of entries: what is not one is named by its place, and the page has every key."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from recast.applies import reading
from recast.applies.commands import typed
from recast.applies.rates import read_table
from recast.applies.reading import read_applies
from recast.inputs.part import BadDeclaration
from recast.inputs.rules import _KINDS
from tests.conftest import ROOT

GOOD: dict[str, Any] = {
    "files": {"slha": "slha"},
    "particles": {"gluino": [1000021], "lsp": [1000022], "quark": [1, 2]},
    "names": {"neutralino": "lsp"},
    "topologies": [
        {
            "name": "T1", "title": "gluino pair", "produces": ["gluino", "gluino"],
            "decays": ["gluino -> quark quark lsp"], "masses": [{"mass": "gluino", "minus": "lsp", "least": 100}],
            "fixed": {"lsp": "gluino - 50"}, "cross_section": {"file": "t.json", "mass": "gluino"},
            "least": {"fb": 0.1, "source": "somewhere"}, "run": {"masses": ["{gluino}", "{lsp}"]},
        }
    ],
}  # fmt: skip


def changed(pointer: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    *parents, last = pointer.split("/")[1:]
    node: Any = document
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[int(last) if isinstance(node, list) else last] = value
    return document


def test_a_declaration() -> None:
    (topology,) = read_applies(GOOD).topologies
    assert str(topology.masses[0]) == "m(gluino) - m(lsp) at least 100 GeV"
    assert (topology.fixed["lsp"].like, topology.fixed["lsp"].plus_gev) == ("gluino", -50.0)
    assert topology.particles == ("gluino", "quark", "lsp")


@pytest.mark.parametrize(
    ("pointer", "value", "words"),
    [
        ("/topologie", [], "unknown key 'topologie', did you mean 'topologies'?"),
        ("/files/root", "events", "unknown key 'root'"),
        ("/particles/gluino", [], "a list of 1 to"),
        ("/particles/gluino", [-1], "a whole number from 1"),
        ("/particles/gluino", [True], "a whole number from 1"),
        ("/particles/Gluino", [1], "is not a name"),
        ("/names/x", "chargino", "`particles` has no 'chargino'"),
        ("/prompt_mm", 0, "above 0"),
        ("/topologies", [], "a list of 1 to"),
        ("/topologies", GOOD["topologies"] * 2, "two topologies are called 'T1'"),
        ("/topologies/0/produces", ["gluin"], "`particles` has no 'gluin', did you mean 'gluino'?"),
        ("/topologies/0/produces", ["gluino"] * 4, "at most 3"),
        ("/topologies/0/decays", ["gluino quark"], "is not a decay such as"),
        ("/topologies/0/decays", ["gluino -> quark lsq"], "did you mean 'lsp'?"),
        ("/topologies/0/masses", [{"mass": "gluino"}], "needs `least` or `most`"),
        ("/topologies/0/masses", [{"mass": "gluino", "least": float("nan")}], "a number is expected"),
        ("/topologies/0/masses", [{"mass": "gluino", "most": 1, "otherwise": "sulks"}], "neither refuses nor warns"),
        ("/topologies/0/fixed", {"lsp": "gluino * 2"}, "neither a mass in GeV"),
        ("/topologies/0/fixed", {"lsp": "lsp - 50"}, "neither a mass in GeV"),
        ("/topologies/0/fixed", {"lsp": "gluin - 50"}, "`particles` has no 'gluin'"),
        ("/topologies/0/least", {"fb": 1}, "the key 'source' is missing"),
        ("/topologies/0/run", {"masses": [["{gluino}"]]}, "a number is expected"),
        ("/topologies/0/cross_section", {"file": "t", "mass": "gluino", "share": 0}, "from 1 to 100"),
    ],
)
def test_what_is_not_a_declaration(pointer: str, value: Any, words: str) -> None:
    with pytest.raises(BadDeclaration) as caught:
        read_applies(changed(pointer, value))
    assert words in str(caught.value)
    assert caught.value.pointer.startswith(pointer.rpartition("/")[0])


@pytest.mark.parametrize("document", [{}, {"rows": []}, {"rows": [[100, -1]]}, {"rows": ["x"]}, {"data": {"a": 1}}, []])
def test_what_is_not_a_table(document: Any) -> None:
    with pytest.raises(ValueError, match="table"):
        read_table(document, "")


def test_a_table_is_linear_in_the_logarithm_and_ends_where_it_ends() -> None:
    table = read_table({"tables": {"t": {"rows": [[100, 100.0, 1], [200, 1.0, 1]]}}}, "/tables/t")
    assert table.at(150.0) == pytest.approx(10.0)
    assert table.at(99.9) is None and table.at(200.1) is None


def test_commands_are_quoted_for_the_shell() -> None:
    line = typed("a-1", {"slha": "@it's here.slha", "model": "psi", "on": "yes", "masses": [1, 2.5]})
    assert line == """recast run a-1 -p 'slha=@it'"'"'s here.slha' -p model=psi -p 'on="yes"' -p 'masses=[1, 2.5]'"""


def test_the_pages_have_every_key() -> None:
    page = (ROOT / "docs/reference/applies.md").read_text()
    assert [key for key in (*reading._KEYS, *reading._ROOT_KEYS) if f"`{key}`" not in page] == []
    page = (ROOT / "docs/reference/checks.md").read_text()
    assert [key for key in _KINDS if f"{{{key}:" not in page] == []
