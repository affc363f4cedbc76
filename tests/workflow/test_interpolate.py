"""Templates: yadage's rules, and strings of a request that stay data."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import SpecError
from recast.workflow.interpolate import as_request, fill, fill_command, place


@pytest.mark.parametrize(
    ("template", "arguments", "filled"),
    [
        ("echo {x}", {"x": 1}, "echo 1"),
        ("cat {files}", {"files": ["a", "b", 3]}, "cat a b 3"),
        ("awk '{{print}}' {x:.2f}", {"x": 1.0}, "awk '{print}' 1.00"),
        ("echo {x[key]}", {"x": {"key": "v"}}, "echo v"),
        ("no braces", {}, "no braces"),
    ],
)
def test_commands_are_filled_as_yadage_does(template: str, arguments: dict[str, object], filled: str) -> None:
    assert fill_command(template, arguments, "here") == filled


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("echo {missing}", "spec.placeholder"),
        ("awk '{print $1}'", "spec.placeholder"),
        ("if }; then", "spec.template"),
        ("{x.__class__}", "spec.template"),
        ("{x:9999999999}", "spec.template"),
        ("{x:{x}}", "spec.template"),
    ],
)
def test_templates_that_cannot_be_filled_say_why(template: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        fill_command(template, {"x": "v"}, "steps.yml:3 /a")
    assert caught.value.code == code
    assert caught.value.where == "steps.yml:3 /a"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1))
def test_a_string_of_a_request_reaches_the_program_as_it_is(text: str) -> None:
    command = fill_command("printf %s {x}", as_request({"x": text}), "here")
    assert shlex.split(command)[2] == text


def test_a_hostile_request_runs_nothing() -> None:
    command = fill_command("echo {x} {xs}", as_request({"x": "$(id); rm -rf /", "xs": ["`id`", "ok"]}), "here")
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert said == "$(id); rm -rf / `id` ok\n"


def test_safe_strings_of_a_request_are_not_touched() -> None:
    assert fill("{x}", as_request({"x": "RegionA/sbottom_1300_205_60"}), "here") == "RegionA/sbottom_1300_205_60"


def test_workdir_is_placed_at_every_depth() -> None:
    value = {"a": ["{workdir}/x", 1], "b": {"c": "{readdir0}"}, "d": "text"}
    placed = place(value, {"workdir": "/w", "readdir0": "/r"}, "here")
    assert placed == {"a": ["/w/x", 1], "b": {"c": "/r"}, "d": "text"}


def test_a_string_of_a_request_is_no_template() -> None:
    assert place(as_request(["{workdir}", '{"json": 1}']), {"workdir": "/w"}, "here") == ["{workdir}", '{"json": 1}']
