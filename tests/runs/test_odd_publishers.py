"""Publishers spelled oddly: what they name is found, or the step fails with words; no pattern goes on as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Recast

OUT = "{workdir}/"


def published(recast: Recast, folder: Path, command: str, publisher: dict[str, Any], code: int = 0) -> Any:
    """Run one step on the host; return what it published, or the text of the error."""
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": publisher,
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": {"q": "x"}, "step": step}
    stage = {"name": "a", "recast": {"optional_outputs": ["*.opt"]}, "scheduler": scheduler}
    (folder / "wf.yml").write_text(yaml.safe_dump({"stages": [stage]}))
    ran = recast("run", folder / "wf.yml", "--allow-host-process", "-q")
    assert ran.code == code, ran.err
    return recast("show", ran.out.strip(), "-o", "json").json["steps"][-1]["published"] if code == 0 else ran.err


def interpolated(publish: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"publisher_type": "interpolated-pub", "publish": publish, **options}


def test_names_with_signs_that_part_texts(tmp_path: Path, recast: Recast) -> None:
    names = ["mass=100,t=5.root", "it's.txt", "f.root:tree", "a b.txt"]
    made = "touch mass=100,t=5.root \"it's.txt\" f.root 'a b.txt'"
    found = published(recast, tmp_path, made, interpolated({name: OUT + name for name in names}))
    assert found == {name: "a/" + name for name in names}


def test_such_a_name_that_is_not_there_fails_the_step(tmp_path: Path, recast: Recast) -> None:
    said = published(recast, tmp_path, "true", interpolated({"o": OUT + "mass=100.root"}), code=1)
    assert "publishes 'mass=100.root'" in said


def test_an_optional_pattern_that_matches_nothing_is_an_empty_list(tmp_path: Path, recast: Recast) -> None:
    publisher = interpolated({"o": OUT + "*.opt", "mass": OUT + "m=*.txt"}, glob=True)
    assert published(recast, tmp_path, "touch m=1.txt", publisher) == {"o": [], "mass": ["a/m=1.txt"]}


@pytest.mark.parametrize("pattern", [OUT + "*.root", "/etc/host*", "/recast/run/b/*.txt"])
def test_no_text_of_a_pattern_goes_on(tmp_path: Path, pattern: str, recast: Recast) -> None:
    said = published(recast, tmp_path, "true", interpolated({"o": pattern}, glob=True), code=1)
    assert "matches no file" in said or "left no file" in said


def test_a_yaml_file_by_another_spelling(tmp_path: Path, recast: Recast) -> None:
    made = "mkdir -p d; touch d/x; echo 'o: 1' > d/o.yml"
    reader = {"publisher_type": "fromyaml-pub"}
    assert published(recast, tmp_path, made, {**reader, "yamlfile": "./d//o.yml"}) == {"o": 1}
    assert "not a file" in published(recast, tmp_path, made, {**reader, "yamlfile": "d"}, code=1)
