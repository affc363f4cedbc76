"""An order without a container: what is refused, and the workflow that it becomes."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.engine.overrides import StageOverrides
from recast.errors import InputError, RecastError, UsageError
from recast.jobs import Wishes
from recast.operations.submit_words import SubmitWords, order_and_options
from recast.spec import load_workflow
from recast.spec.model import ContainerEnvironment
from recast.spec.needs import needs_of
from recast.spec.traverse import packtivities_of
from recast.submissions.files import carried
from recast.submissions.image import find_image
from recast.submissions.order import MOST_JOBS, SubmitOrder, check_order, items_in
from recast.submissions.order_file import read_order_file
from recast.submissions.spec import command_template, spec_of, spec_text
from recast.workflow.interpolate import as_request, fill_command

TOKEN = "ghp_" + "a" * 36


def argv_of(command: tuple[str, ...], item: str, index: int = 7) -> list[str]:
    """What a shell makes of the command of the job with this item."""
    order = SubmitOrder("x", ("printf", r"%s\0", *command), items=(item,))
    text = fill_command(command_template(order), {"index": index, "item": as_request(item)}, "here")
    return subprocess.run(["sh", "-c", text], capture_output=True, check=True).stdout.decode().split("\0")[:-1]


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS)
def test_every_word_reaches_the_program_as_it_is(words: list[str], item: str) -> None:
    meant = [word.replace("{index}", "7").replace("{item}", item) for word in words]
    assert argv_of(tuple(words), item) == meant


def test_items_and_braces_are_data() -> None:
    words = ("{item}", "a{item}b{index}", "{{index}}", "{other}", "$(id)", "'", "")
    item = "$(touch x); '\"{index}"
    assert argv_of(words, item) == [item, f"a{item}b7", "{7}", "{other}", "$(id)", "'", ""]


def test_a_single_job_leaves_placeholders_alone_and_says_so() -> None:
    order = SubmitOrder("x", ("echo", "{index}", "{item}"))
    assert command_template(order) == "echo '{{index}}' '{{item}}'"
    assert [line.split()[1] for line in check_order(order)] == ["{index}", "{item}"]
    assert check_order(SubmitOrder("x", ("echo", "{index}"), array=2)) == []


@pytest.mark.parametrize(
    "pattern", ["/etc/passwd", "../x", "a/../../b", "", ".", "./", "~/x", "a\nb", "a\0b", "\x1b[2J", "\udcff"]
)
def test_outputs_with_tricks_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="cannot be an output"):
        check_order(SubmitOrder("x", ("true",), outputs=(pattern,)))


def test_outputs_become_patterns_of_the_folder() -> None:
    order = SubmitOrder("x", ("true",), outputs=("a{index}/*.root", "{x}"), array=3)
    publisher = spec_of(order, "x@sha256:" + "0" * 64)["stages"][0]["scheduler"]["step"]["publisher"]
    assert publisher["publish"] == {"outputs": ["{workdir}/a{index}/*.root", "{workdir}/{{x}}"]}


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (SubmitOrder("x", ()), "no command"),
        (SubmitOrder("x", ("a",), array=2, items=("b",)), "both given"),
        (SubmitOrder("x", ("a",), array=MOST_JOBS + 1), "cannot be one submission"),
        (SubmitOrder("x", ("a",), items=()), "cannot be one submission"),
        (SubmitOrder("x", ("a\0b",)), "cannot be a word"),
        (SubmitOrder("x", ("curl", "-H", f"Authorization: Bearer {TOKEN}")), "looks like a secret"),
        (SubmitOrder("x", ("get", "{item}"), items=(f"https://me:{TOKEN}@example.org/",)), "looks like a secret"),
    ],
)
def test_what_cannot_be_run_is_refused(order: SubmitOrder, said: str) -> None:
    with pytest.raises(UsageError, match=said) as problem:
        check_order(order)
    assert TOKEN not in str(problem.value)


def test_whoever_has_the_spec_has_the_whole_job(tmp_path: Path) -> None:
    said = StageOverrides({"A": "{x}"}, memory_mb=4000, network=True, cvmfs=True, wishes=Wishes("x86_64"))
    text = spec_text(SubmitOrder("x", ("true",)), "x@sha256:" + "0" * 64, said)
    (tmp_path / "submit.json").write_text(text)
    (body,) = packtivities_of(load_workflow("submit.json", tmp_path).workflow)
    environment = body.environment
    assert isinstance(environment, ContainerEnvironment)
    assert environment.env == {"A": "{x}"}
    assert environment.options == {"memory_mb": 4000, "network": True}
    assert needs_of(environment.resources) == ("cvmfs",)


def test_items_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "each"
    path.write_bytes("a b\r\n\n  \nc\u2028d\n\te\n".encode())
    assert items_in(path) == ("a b", "c\u2028d", "\te")
    path.write_bytes(b"a\n\x1b[2J\n")
    with pytest.raises(InputError) as problem:
        items_in(path)
    assert problem.value.where == f"{path}:2"
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="no text"):
        items_in(path)
    for other in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read"):
            items_in(other)


def test_files_go_along_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("1")
    (tmp_path / "a").write_text("2")
    logical, files = carried([tmp_path / "a", tmp_path / "d"])
    assert logical == ["/recast/run/init/with/a", "/recast/run/init/with/d"]
    assert sorted(files) == ["with/a", "with/d/e/f"]
    (tmp_path / "d/out").symlink_to("/etc/passwd")
    (tmp_path / "-rf").write_text("")
    (tmp_path / "empty").mkdir()
    for paths in (["d"], ["-rf"], ["none"], ["empty"], ["a", "d/../a"], ["/dev/null"]):
        with pytest.raises((InputError, UsageError)):
            carried([tmp_path / path for path in paths])


def test_an_order_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text("image: x:1\ncommand: [a, 1]\nenv: {A: 1}\nexclude-site: [B]\nwith: [c]\nmemory: 4GB\narray: 2\n")
    assert read_order_file(path) == {
        "image": "x:1", "command": ("a", "1"), "env": ("A=1",), "exclude_site": ("B",),
        "with": (str(tmp_path / "c"),), "memory": "4GB", "array": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "imag: x",
        "image: [x]",
        "command: a b",
        "array: many",
        "array: true",
        "network: maybe",
        "container-arg: [a]\ncontainer_arg: [b]",
        "env: [{a: b}]",
        "a: &x [*x]",
        json.dumps({"image": None}),
    ],
)
def test_a_file_with_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "job.yml"
    path.write_text(text)
    with pytest.raises(RecastError) as problem:
        read_order_file(path)
    assert str(path) in problem.value.where


@pytest.mark.parametrize(
    "name", ["/cvmfs/unpacked.cern.ch/x", "./a.sif", "Upper/Case@x", "a b", "sha256:12", "x@sha256:zz", "-x", ""]
)
def test_what_is_no_image_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises((InputError, UsageError)):
        find_image(name, tmp_path)


def test_the_command_of_links_is_a_shell_program() -> None:
    order = SubmitOrder("x", ("true",), files=(Path("a b"), Path("{c}")))
    assert "for name in 'a b' '{{c}}'" in command_template(order)
    assert shlex.split(command_template(SubmitOrder("x", ("a", "b c")))) == ["a", "b c"]


def test_what_is_typed_wins_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECAST_CONFIG", "")
    (tmp_path / "job.yml").write_text(
        "image: x:1\ncommand: [a]\nnetwork: true\nmemory: 1GB\nno-cache: true\narray: 2\n"
    )
    bare = {"with_": (), "output": (), "each": None, "name": None, "tries": None, "no_cache": False, "given": {}}
    lists = dict.fromkeys(("env", "bind", "site", "exclude_site", "container_arg", "secret"), ())
    amounts = dict.fromkeys(("cpus", "disk", "walltime", "gpus", "gpu", "arch", "working_group", "cvmfs"))
    how = {"executor": None, "runtime": None, "max_parallel": None}
    said = {**bare, **lists, **amounts, **how, "array": None, "memory": "2GB", "network": False}
    asked = order_and_options(SubmitWords("y:1", (), said, tmp_path / "job.yml"))
    assert (asked.order.image, asked.order.command, asked.order.array) == ("y:1", ("a",), 2)
    assert asked.options.words is not None
    assert dict(asked.options.words.everywhere) == {"memory": "2GB", "network": "no"}
    assert asked.options.use_cache is False
