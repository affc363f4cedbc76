"""`recast-ci.yml`: what it says, and where what is wrong with it stands."""

from __future__ import annotations

import pytest

from recast.ci.config import CiConfig, ToleranceRule, ValidationRun, config_of, load_config
from recast.errors import NotFound, SpecError
from recast.spec.source import parse

WHOLE = """
entry: catalogue/my-analysis.yml
tests: [tests/*.yml, more/*.yml]
validation:
- {name: demo, example: demo}
- {name: heavy, inputs: {mass: 1600}, control: {seed: 2}}
random: [generate]
tolerances:
- {quantity: 'limit/*/cls_obs', absolute: 0.01}
- {quantity: '*', relative: 0.05}
alpha: 0.02
sources: {images: ['specs/**/images/**']}
"""


def read(text: str) -> CiConfig:
    return config_of(parse(text, "recast-ci.yml"))


def test_everything_that_can_be_said_is_read() -> None:
    assert read(WHOLE) == CiConfig(
        entry="catalogue/my-analysis.yml",
        tests=("tests/*.yml", "more/*.yml"),
        validation=(
            ValidationRun("demo", "demo"),
            ValidationRun("heavy", None, {"mass": 1600}, {"seed": 2}),
        ),
        random=("generate",),
        tolerances=(ToleranceRule("limit/*/cls_obs", absolute=0.01), ToleranceRule("*", relative=0.05)),
        alpha=0.02,
        sources={"images": ("specs/**/images/**",)},
    )


def test_an_entry_is_enough() -> None:
    assert read("entry: catalogue/a.yml") == CiConfig("catalogue/a.yml", ("tests/steps/*.yml", "tests/steps/*/*.yml"))


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("", ":1", "a map"),
        ("[]", ":1", "a map"),
        ("tests: []", ":1", "'entry' is missing"),
        ("entry: a.yml\nvalidatoin: []", ":2 /validatoin", "Did you mean 'validation'?"),
        ("entry: 3", ":1 /entry", "a text"),
        ("entry: ../a.yml", "/entry", "does not stay inside"),
        ("entry: /etc/passwd", "/entry", "does not stay inside"),
        ("entry: a.yml\ntests: tests/*.yml", "/tests", "a list"),
        ("entry: a.yml\ntests: ['../*.yml']", "/tests/0", "does not stay inside"),
        ("entry: a.yml\nalpha: 0", "/alpha", "more than 0"),
        ("entry: a.yml\nalpha: .nan", "/alpha", "less than 1"),
        ("entry: a.yml\nalpha: yes", "/alpha", "a number"),
        (f"entry: a.yml\nalpha: 1{'0' * 399}", "/alpha", "not allowed"),
        ("entry: a.yml\nvalidation: [{name: a}]", "/validation/0", "an example or inputs"),
        ("entry: a.yml\nvalidation: [{name: 'a b', example: c}]", "/validation/0/name", "cannot be a name"),
        ("entry: a.yml\nvalidation:\n- {name: a, example: b}\n- {name: a, example: c}", ":4", "Two validation runs"),
        ("entry: a.yml\nvalidation: [{name: a, exmaple: b}]", "/validation/0/exmaple", "Did you mean 'example'?"),
        ("entry: a.yml\ntolerances: [{quantity: '*'}]", "/tolerances/0", "absolute or relative"),
        ("entry: a.yml\ntolerances: [{quantity: '*', absolute: 1, relative: 1}]", "/tolerances/0", "absolute or relat"),
        ("entry: a.yml\ntolerances: [{quantity: '*', absolute: -1}]", "/tolerances/0/absolute", "at least 0"),
        ("entry: a.yml\nsources: {image: []}", "/sources/image", "Did you mean 'images'?"),
    ],
)
def test_what_is_wrong_has_a_line_a_key_and_a_remedy(text: str, where: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(text)
    error = caught.value
    assert error.code == "ci.config"
    assert where in error.where
    assert error.where.startswith("recast-ci.yml:")
    assert said in f"{error.what} {error.why} {error.next_step}"
    assert error.next_step


def test_a_repository_without_one_is_told_what_to_type(tmp_path) -> None:
    with pytest.raises(NotFound) as caught:
        load_config(tmp_path)
    assert "recast ci init" in caught.value.next_step


def test_a_link_is_not_read(tmp_path) -> None:
    (tmp_path / "secret").write_text("entry: a.yml")
    (tmp_path / "recast-ci.yml").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        load_config(tmp_path)
