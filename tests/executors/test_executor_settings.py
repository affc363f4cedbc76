"""Settings of executors: flag over variable over file over default; wrong ones are told with their place."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.cli.app import run
from recast.config import Config, load_config
from recast.errors import UsageError
from recast.executors import registry
from recast.executors.settings import Setting, resolve
from recast.executors.values import executor_values, public_values
from recast.tomlfile import TomlFile, read_toml

SETTINGS = (
    Setting("partition", "Where jobs go."),
    Setting("most_jobs", "Jobs at once.", kind=int, default=100, least=1),
    Setting("memory_mb", "Memory for the worker.", kind=int, amount="size"),
    Setting("wait_s", "Longest wait.", kind=int, amount="time"),
    Setting("share", "Share.", kind=float),
    Setting("requeue", "Queue again.", kind=bool, default=True),
    Setting("mode", "How.", choices=("quick", "slow"), default="quick"),
    Setting("token", "The token.", secret=True),
)


class CloudEngine:
    """A batch system that answers if it is told where."""

    settings: ClassVar[tuple[Setting, ...]] = SETTINGS

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.traits = types.SimpleNamespace(array_size=7, shared_files=False, outcomes_by_name=False)

    async def connect(self) -> None:
        from recast.errors import CredentialsProblem, ExecutorError

        if self.values["partition"] is None:
            raise ExecutorError("No cloud answers", next_step="--cloud-partition NAME")
        if self.values["token"] not in (None, "right"):
            raise CredentialsProblem("The cloud does not know you")

    async def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setitem(registry.OWN, "cloud", "tests_cloud:CloudEngine")
    monkeypatch.setitem(sys.modules, "tests_cloud", types.SimpleNamespace(CloudEngine=CloudEngine))  # type: ignore[arg-type]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    monkeypatch.setenv("RECAST_CONFIG", str(file))
    return file


def values(given: dict[str, Any], environ: dict[str, str], text: str = "") -> dict[str, Any]:
    import tomllib

    document = TomlFile("c.toml", tomllib.loads(text), text) if text else Config()
    return {item.setting.name: item.value for item in resolve("cloud", SETTINGS, given, environ, document)}


# precedence ---------------------------------------------------------------------------------------------------

LAYERS = ("flag", "variable", "file")
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"\\'"), min_size=1, max_size=9)


@given(st.dictionaries(st.sampled_from(LAYERS), TEXTS))
def test_a_flag_wins_over_a_variable_over_a_file_over_the_default(said: dict[str, str]) -> None:
    given_ = {"partition": said["flag"]} if "flag" in said else {}
    environ = {"RECAST_CLOUD_PARTITION": said["variable"]} if "variable" in said else {}
    text = f'[executors.cloud]\npartition = "{said["file"]}"\n' if "file" in said else "# nothing\n"
    import tomllib

    config = TomlFile("c.toml", tomllib.loads(text), text)
    (found, *_) = resolve("cloud", SETTINGS, given_, environ, config)
    winner = next((layer for layer in LAYERS if layer in said), "default")
    assert (found.source, found.value) == (winner, said.get(winner))


@given(st.integers(1, 10**6), st.booleans())
def test_text_and_toml_mean_the_same(number: int, flag: bool) -> None:
    from_text = values({}, {"RECAST_CLOUD_MOST_JOBS": str(number), "RECAST_CLOUD_REQUEUE": "yes" if flag else "off"})
    from_file = values({}, {}, f"[executors.cloud]\nmost_jobs = {number}\nrequeue = {str(flag).lower()}\n")
    assert from_text == from_file
    assert (from_file["most_jobs"], from_file["requeue"]) == (number, flag)


@given(st.text(max_size=20))
def test_any_text_is_a_value_or_a_usage_error(text: str) -> None:
    for setting in SETTINGS:
        try:
            values({setting.name: text}, {})
        except UsageError as problem:
            assert problem.where and problem.why and problem.next_step


def test_amounts_have_units() -> None:
    found = values({"memory_mb": "4GB", "wait_s": "2h30m"}, {"RECAST_CLOUD_SHARE": "0.5"})
    assert (found["memory_mb"], found["wait_s"], found["share"]) == (4000, 9000, 0.5)


def test_what_a_run_recorded_as_unset_stays_unset() -> None:
    assert values({"partition": None}, {"RECAST_CLOUD_PARTITION": "other"})["partition"] is None


def test_secrets_are_not_recorded() -> None:
    found = executor_values("cloud", {}, {"RECAST_CLOUD_TOKEN": "right"}, Config())
    assert found["token"] == "right"
    assert "token" not in public_values("cloud", found)


# wrong ones -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "text", "words"),
    [
        ({"RECAST_CLOUD_PARTITON": "x"}, "", ("RECAST_CLOUD_PARTITON", "Did you mean RECAST_CLOUD_PARTITION?")),
        ({"RECAST_CLOUD_MOST_JOBS": "many"}, "", ("'many'", "RECAST_CLOUD_MOST_JOBS", "a whole number, 1 or more")),
        ({"RECAST_CLOUD_MOST_JOBS": "0"}, "", ("'0'", "1 or more")),
        ({"RECAST_CLOUD_MODE": "quik"}, "", ("quick or slow", "did you mean quick?")),
        ({"RECAST_CLOUD_TOKEN": "s3cret"}, "[executors.cloud]\nwait_s = true\n", ("c.toml:2 executors.cloud.wait_s",)),
        ({}, '[executors.cloud]\n\nmdoe = "quick"\n', ("c.toml:3 executors.cloud.mdoe", "mode")),
        ({}, "executors.cloud.share = 'half'\n", ("c.toml:1 executors.cloud.share", "a number")),
        ({}, "executors = 3\n", ("c.toml:1 executors", "[executors]")),
        ({}, "[executors]\ncloud = 3\n", ("c.toml:2 executors.cloud", "[executors.cloud]")),
    ],
)
def test_a_wrong_name_or_value_is_told_with_its_place(environ: dict[str, str], text: str, words: tuple[str]) -> None:
    with pytest.raises(UsageError) as caught:
        values({}, environ, text)
    told = " ".join(caught.value.as_json().values())
    assert all(word in told for word in words), told
    assert "s3cret" not in told


def test_a_secret_is_not_shown_in_a_message(tmp_path: Path) -> None:
    settings = (Setting("pin", "The PIN.", kind=int, secret=True),)
    with pytest.raises(UsageError) as caught:
        resolve("cloud", settings, {}, {"RECAST_CLOUD_PIN": "hunter2"}, Config())
    assert "hunter2" not in " ".join(caught.value.as_json().values())


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('executor = "cloud"\n[run\n')
    with pytest.raises(UsageError, match=r"c\.toml:2"):
        read_toml(tmp_path / "c.toml", "The file")
    with pytest.raises(UsageError, match="nowhere"):
        load_config({"RECAST_CONFIG": "/nowhere/config.toml"})


def test_a_name_that_the_configuration_does_not_know(config: Path) -> None:
    config.write_text("[executor.cloud]\n\n[site]\n\n[runs]\n")
    with pytest.raises(UsageError, match=r"config.toml:5 runs"):
        load_config()
    config.write_text('[executors.clout]\npartition = "x"\n')
    with pytest.raises(UsageError, match=r"no executor 'clout' \(.*config.toml:1 executors.clout\)"):
        executor_values("cloud", {}, {}, load_config())


# on the command line ----------------------------------------------------------------------------------------------


def test_flags_appear_with_the_executor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "--help"]) == 0
    light = capsys.readouterr().out
    assert "--cloud-partition" not in light
    assert "recast run --executor slurm --help" in light
    assert run(["run", "--executor", "cloud", "--help"]) == 0
    full = capsys.readouterr().out
    assert "--cloud-partition TEXT" in full
    assert "--cloud-requeue / --no-cloud-requeue" in full
    assert "quick|slow" in full
    assert "token" not in full


def test_a_flag_of_an_executor_that_was_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "x.yml", "--cloud-partition", "grid"]) == 2
    assert "add --executor cloud" in capsys.readouterr().err


def test_values_are_shown_with_who_says_so(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('executor = "cloud"\n[executors.cloud]\npartition = "grid"\nmost_jobs = 3\n')
    monkeypatch.setenv("RECAST_CLOUD_MOST_JOBS", "4")
    monkeypatch.setenv("RECAST_CLOUD_TOKEN", "s3cret")
    assert run(["executors", "show", "cloud", "--cloud-mode=slow", "-o", "json"]) == 0
    import json

    said = capsys.readouterr().out
    rows = {row["setting"]: row for row in json.loads(said)["settings"]}
    assert rows["partition"]["value"] == "grid"
    assert rows["partition"]["from"] == f"file {config}:3 executors.cloud.partition"
    assert (rows["most_jobs"]["value"], rows["most_jobs"]["from"]) == (4, "variable RECAST_CLOUD_MOST_JOBS")
    assert (rows["mode"]["value"], rows["mode"]["from"]) == ("slow", "flag --cloud-mode")
    assert rows["requeue"]["from"] == "default"
    assert "s3cret" not in said


def test_an_executor_is_connected_to(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["executors", "check", "cloud"]) == 4
    assert "No cloud answers" in capsys.readouterr().err
    assert run(["executors", "check", "cloud", "--cloud-partition", "grid"]) == 0
    assert "arrays of up to 7 jobs" in capsys.readouterr().out
    monkeypatch.setenv("RECAST_CLOUD_TOKEN", "wrong")
    assert run(["executors", "check", "cloud", "--cloud-partition", "grid"]) == 5


def test_one_that_cannot_be_loaded_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.OWN, "yadage", "recast.executors.not_there:Engine")
    assert run(["executors", "ls", "-o", "json"]) == 0
    assert "pip install 'recast-framework[yadage]'" in capsys.readouterr().out
    assert run(["run", "x.yml", "--executor", "yadage"]) == 4
    assert "pip install 'recast-framework[yadage]'" in capsys.readouterr().err


def test_a_run_goes_on_with_the_settings_that_it_began_with(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recast.cli.runs import run as run_module
    from recast.rundir import RunDirectory
    from recast.runs import open_run
    from recast.runs.executor import engine_values
    from tests.conftest import TESTSPECS

    driven: list[RunDirectory] = []
    monkeypatch.setattr(run_module, "drive_and_report", lambda directory, quiet: driven.append(directory))
    monkeypatch.setenv("RECAST_CLOUD_MOST_JOBS", "7")
    monkeypatch.setenv("RECAST_CLOUD_TOKEN", "s3cret")
    source = ["workflow.yml", "--toplevel", str(TESTSPECS / "mapreduce"), "-p", "input=[1]", "--allow-host-process"]
    assert run(["run", *source, "--executor", "cloud", "--cloud-partition", "grid"]) == 0
    assert "s3cret" not in (driven[0].path / "request.json").read_text()
    monkeypatch.setenv("RECAST_CLOUD_MOST_JOBS", "8")
    monkeypatch.setenv("RECAST_CLOUD_MODE", "slow")
    monkeypatch.setenv("RECAST_CLOUD_TOKEN", "renewed")
    values = engine_values(open_run(driven[0]))
    found = {name: values[name] for name in ("partition", "most_jobs", "mode", "token")}
    assert found == {"partition": "grid", "most_jobs": 7, "mode": "quick", "token": "renewed"}


def test_own_executors_are_the_ones_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    points = project["project"]["entry-points"][registry.GROUP]
    assert {name: target for name, target in registry.OWN.items() if name != "cloud"} == points
