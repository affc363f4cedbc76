"""What is wrong with a file of step tests is said with file, line, and what was probably meant."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from recast.ci import steptests
from recast.ci.config import files_named
from recast.errors import NotFound, RecastError, SpecError, UsageError
from tests.ci.steptests.conftest import write_tests

GOOD = """
- name: counts
  stage: count
  parameters: {label: x}
  files: {events: {name: events.txt, text: "a"}}
  expect: {exit_code: 0}
"""


def load(repository: Path, text: str) -> tuple[steptests.StepTest, ...]:
    return steptests.load([write_tests(repository, text)], top=repository)


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("stage: count", "stage: coutn", "There is no stage 'coutn' | Did you mean 'count'?", 5),
        ("stage: count", "stge: count", "Unknown key 'stge' in a step test | Did you mean 'stage'?", 5),
        (
            "stage: count",
            "step: steps.yml#/cuont",
            "There is no packtivity 'steps.yml#/cuont' | Did you mean 'count'?",
            5,
        ),
        ("  stage: count\n", "", "A test names either a `stage` or a `step`", 4),
        ("label: x", "lable: x", "Stage 'count' has no parameter 'lable' | Did you mean 'label'?", 6),
        ("  parameters: {label: x}\n", "", "The parameter 'label' has no value", 4),
        ("label: x", "label: x, events: 3", "The parameter 'events' is given twice", 7),
        ("label: x", "label: 2020-01-31", "YAML reads 2020-01-31 as a date | Quote it: '2020-01-31'", 6),
        ("label: x", "label: .nan", "nan is not a number of JSON", 6),
        ('text: "a"', "txt: a", "Unknown key 'txt' in a file of a test | Did you mean 'text'?", 7),
        ('{name: events.txt, text: "a"}', "missing.txt", "There is no file 'missing.txt'", 7),
        ('{name: events.txt, text: "a"}', "../../../../../etc/passwd", "is outside of", 7),
        ("name: events.txt", "name: '; rm -rf'", "cannot be the name of a file", 7),
        ("name: counts", "name: 'a b'", "'a b' cannot be the name of a test", 4),
        ("{exit_code: 0}", "{}", "The test expects nothing", 8),
        ("{exit_code: 0}", "{exit_code: 300}", "`exit_code` has to be a whole number from 0 to 255", 8),
        ("{exit_code: 0}", "{exit: 0}", "Unknown key 'exit' in `expect`", 8),
        ("{exit_code: 0}", "{exit_code: 0, fails_with: x}", "A step that fails cannot exit with 0", 8),
        ("{exit_code: 0}", "{exit_code: 1, published: {/a: 1}}", "A step that fails publishes nothing", 8),
        ("{exit_code: 0}", "{files: {/etc/passwd: {}}}", "is not a path below the step's own folder", 8),
        ("{exit_code: 0}", "{files: {../a: {}}}", "is not a path below the step's own folder", 8),
        ("{exit_code: 0}", "{files: {a: {values: {b: 1}}}}", "'b' is not a JSON pointer | Write '/b'", 8),
        ("{exit_code: 0}", "{files: {a: {values: {/b: {number: 1}}}}}", "A number needs a tolerance", 8),
        ("{exit_code: 0}", "{files: {a: {values: {/b: {relative: 1}}}}}", "`relative` is a tolerance of `number`", 8),
        ("{exit_code: 0}", "{files: {a: {values: {/b: {}}}}}", "Nothing is expected of '/b'", 8),
        (
            "{exit_code: 0}",
            "{files: {a: {values: {/b: {number: 1, relative: -1}}}}}",
            "has to be a number of 0 or more",
            8,
        ),
        ("{exit_code: 0}", "{files: {a: {exists: false, lines: 1}}}", "nothing else can be expected of it", 8),
        ("{exit_code: 0}", "{files: {a: {values: {/b: {number: 1, relative: 1e}}}}}", "has to be a number of 0", 8),
        ("{exit_code: 0}", "{log: {matches: '('}}", "This is not a regular expression", 8),
        ("{exit_code: 0}", "[]", "`expect` is a list, and has to be a map", 8),
        ("expect: {exit_code: 0}", "walltime_s: 0\n  expect: {exit_code: 0}", "from 1 to 7200", 8),
        ("expect: {exit_code: 0}", "", "The test has no `expect`", 4),
        ("expect: {exit_code: 0}", "example: demo\n  expect: {exit_code: 0}", "There is no example 'demo'", 4),
    ],
)
def test_faults(repository: Path, old: str, new: str, says: str, line: int) -> None:
    assert old in GOOD
    with pytest.raises(SpecError) as caught:
        load(repository, GOOD.replace(old, new))
    what, _, advice = says.partition(" | ")
    assert what in caught.value.what and advice in caught.value.next_step
    assert caught.value.where.startswith(f"tests/steps.yml:{line} "), caught.value.where


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tests: []", "There are no tests"),
        ("tests: 3", "has to be a list"),
        ("{}", "The file has no `tests:`"),
        ("workflow: a\nentry: b\ntests: [{}]", "`entry` and `workflow` both say what is tested"),
        ("workflow: nowhere.yml\ntests: [{}]", "There is no file 'nowhere.yml'"),
        ("tests: [{}]", "The file does not say what it tests"),
        ("a: [1", "The file is not valid YAML"),
        ("a: &a [*a]", "stands inside its own anchor"),
    ],
)
def test_faults_of_the_file(repository: Path, text: str, says: str) -> None:
    path = write_tests(repository, "")
    path.write_text(text)
    with pytest.raises(RecastError) as caught:
        steptests.load([path], top=repository)
    assert says in caught.value.what


def test_a_step_on_the_host_is_no_step_test(repository: Path) -> None:
    steps = repository / "spec/steps.yml"
    text = steps.read_text()
    head, _, tail = text.partition("environment: {environment_type: docker-encapsulated")
    steps.write_text(head + "environment: {environment_type: localproc-env}\n" + tail[tail.index("\n") + 1 :])
    with pytest.raises(SpecError, match="runs in no container image"):
        load(repository, GOOD)


def test_a_number_without_a_point_is_a_number(repository: Path) -> None:
    (test,) = load(
        repository, GOOD.replace("{exit_code: 0}", "{files: {a: {values: {/b: {number: 1e3, relative: 1e-3}}}}}")
    )
    check = test.expect.files[0].values[0]
    assert (check.number, check.relative) == (1000.0, 0.001)


def test_nothing_outside_of_the_repository_is_read(repository: Path, tmp_path: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    path = write_tests(repository, GOOD)
    (inner / "steps.yml").write_text(path.read_text())
    with pytest.raises(SpecError, match="lies outside of the repository"):
        steptests.load([inner / "steps.yml"], top=inner)
    (inner / "spec").symlink_to(repository / "spec")
    (inner / "steps.yml").write_text(path.read_text().replace("../spec", "spec"))
    with pytest.raises(SpecError, match="lies outside of the repository"):
        steptests.load([inner / "steps.yml"], top=inner)


def test_links_in_a_circle(repository: Path) -> None:
    write_tests(repository, "")
    (repository / "tests/round").symlink_to("round")
    with pytest.raises(SpecError, match="There is no file 'round'"):
        load(repository, GOOD.replace('{name: events.txt, text: "a"}', "round"))


def test_two_of_one_name(repository: Path) -> None:
    with pytest.raises(SpecError, match="Two tests are called 'steps/counts'"):
        load(repository, GOOD + GOOD)


def test_a_floating_image(repository: Path) -> None:
    from recast.paths import places

    (repository / "spec/images.lock.json").unlink()
    with pytest.raises(SpecError) as caught:
        steptests.run(load(repository, GOOD), places(), say=print)
    assert caught.value.code == "spec.floating-image" and "recast image pin" in caught.value.next_step


def test_names_and_files(repository: Path) -> None:
    tests = load(repository, GOOD)
    assert steptests.chosen(tests, ["counts"]) == steptests.chosen(tests, ["steps.yml"]) == tests
    assert steptests.chosen(tests, ["count"]) == tests, "by the stage"
    with pytest.raises(UsageError, match="There is no step test 'cuonts'"):
        steptests.chosen(tests, ["cuonts"])
    with pytest.raises(NotFound, match="There are no step tests"):
        steptests.found_in(repository)
    (repository / "recast-ci.yml").write_text("entry: entry.yml\ntests: ['tests/*.yml']\n")
    assert steptests.found_in(repository).files == (repository / "tests/steps.yml",)
    with pytest.raises(SpecError, match="does not stay below the repository"):
        files_named(repository, ["../**/*.yml"])


def test_many_tests_are_read_in_no_time(repository: Path) -> None:
    text = "".join(GOOD.replace("name: counts", f"name: counts-{number}") for number in range(300))
    begun = time.process_time()
    assert len(load(repository, text)) == 300
    assert time.process_time() - begun < 5
