"""Patterns of publishers beside links, hidden names and odd spellings: the lists that yadage publishes, all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Recast
from tests.differential.both import by_recast, by_yadage

MAKE = (
    "mkdir -p sub/deep sub/.hid .top/in; touch a.txt b.txt .dot 'x[1].txt' x1.txt '[a' sub/h.root sub/deep/k.root "
    "sub/.hid/m.root .top/in/n.root; ln -s sub lnk; ln -s sub/h.root l.root; ln -s ../.hid sub/deep/up"
)
PATTERNS = [
    *("sub", "sub/", "sub//*.root", "./*.txt", "sub/**", "**", "**/*.root", "sub/./h.root", "sub//h.root", "./a.txt"),
    *("*", "*/", "sub/*", "sub/*/", "lnk/*", "lnk/**", "lnk", "**/", "**/deep", "**/deep/**", "**/.hid/*", ".*", ".**"),
    *("x[1].txt", "[!a]*.txt", "[^a].txt", "sub**", "*/*", "*/*/*", "?.txt", "[ab].txt", "x[[]1].txt", "[]x]1.txt"),
    *("**/h.root", "**/lnk/*", "*b/h.root", "sub/**/*", "***", "**//*.root", ".", "*/.", "./", "sub/.hid", "sub/.*"),
    *("**/.*", "/*.txt", "/a.txt", "//sub/*"),
]
NOT_FOR_JQ = ("/*.txt", "/a.txt", "//sub/*")
"""Absolute paths, as a jq publisher sees them."""


def stage(name: str, publisher: dict[str, Any], **upstream: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "dependencies": ["init", *{source["step"] for source in upstream.values()}],
        "scheduler": {
            "scheduler_type": "singlestep-stage",
            "parameters": {"q": {"step": "init", "output": "q"}, **upstream},
            "step": {
                "process": {"process_type": "string-interpolated-cmd", "cmd": MAKE},
                "environment": {"environment_type": "localproc-env"},
                "publisher": publisher,
            },
        },
    }


def interpolated(publish: dict[str, str], **options: Any) -> dict[str, Any]:
    return {"publisher_type": "interpolated-pub", "publish": publish, **options}


def from_jq(patterns: list[str], **options: Any) -> dict[str, Any]:
    script = json.dumps({pattern: pattern for pattern in patterns})
    return {"publisher_type": "fromparjq-pub", "script": script, "relative_paths": True, **options}


FOR_JQ = [pattern for pattern in PATTERNS if pattern not in NOT_FOR_JQ]
GLOBS = ["sub", "sub//*.root", "**", "**/*.root", "nothing*", "x[1].txt"]
STAGES = [
    stage("interpolated", interpolated({pattern: "{workdir}/" + pattern for pattern in PATTERNS}, glob=True)),
    stage("relative", interpolated({pattern: pattern for pattern in FOR_JQ}, glob=True, relative_paths=True)),
    stage("folders", interpolated({"folder": "{workdir}/sub", "all": "{workdir}"})),
    stage(
        "of_others",
        interpolated({"a": "{folder}/*.root", "b": "{folder}", "c": "{all}/**/*.root", "d": "no * path"}, glob=True),
        folder={"step": "folders", "output": "folder"},
        all={"step": "folders", "output": "all"},
    ),
    stage("jq", from_jq([*FOR_JQ, "nothing", "nothing*"], glob=True)),
    stage("jqpattern", from_jq([*FOR_JQ, "nothing*"], glob=True, tryExact=False)),
    stage("jqexact", from_jq(FOR_JQ, glob=False)),
    *(
        stage(f"glob{number}", {"publisher_type": "fromglob-pub", "outputkey": "o", "globexpression": pattern})
        for number, pattern in enumerate(GLOBS)
    ),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, yadage_python: Path) -> tuple[Path, dict[str, Any]]:
    """The workflow, and what yadage publishes from it."""
    folder = tmp_path_factory.mktemp("globs")
    (folder / "wf.yml").write_text(yaml.safe_dump({"stages": STAGES}))
    (folder / "yadage" / "init").mkdir(parents=True)
    case = {"work": f"{folder}/yadage", "workflow": "wf.yml", "toplevel": str(folder), "inputs": {"q": 1}}
    told = by_yadage(yadage_python, {"globs": {**case, "dataopts": {}, "replace": {}}}, folder / "cases.json")["globs"]
    assert told["failure"] is None
    return folder, told


def test_every_publisher_reads_patterns_as_yadage_does(answers: tuple[Path, dict[str, Any]], recast: Recast) -> None:
    folder, theirs = answers
    ours = by_recast(recast, "wf.yml", folder, ["-p", "q=1"])
    for name, node in theirs["nodes"].items():
        found = ours["nodes"][name]["published"]
        for pattern, value in node["published"].items():
            assert found[pattern] == without_their_own(value), (name, pattern)


def without_their_own(value: Any) -> Any:
    """yadage finds its own log folder, too."""
    return [item for item in value if "/_packtivity" not in item] if isinstance(value, list) else value
