"""What HTCondor is told: settings, submit descriptions, constraints; what its errors are called; tokens."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import CredentialsProblem, ExecutorError, UsageError
from recast.executors.batch.system import Array, Refused
from recast.executors.htcondor.calls import Calls, environment_of, error_of
from recast.executors.htcondor.describe import describe, items_of, links_of
from recast.executors.htcondor.home import move_home
from recast.executors.htcondor.options import SETTINGS, Options
from recast.executors.htcondor.tokens import check_tokens, expiry_of
from recast.jobs import ContainerJob, Resources


def job(**changed: Any) -> ContainerJob:
    return ContainerJob("t-1", None, "true", None, "sh", "/recast/run/s/0", **changed)


def array(folder: str = "/run/arrays/recast-1", **changed: Any) -> Array:
    files = ((Path(folder) / "worker.pyz", Path(folder) / "tasks/0.json", Path("/store/sha256/ab/cd")),)
    return Array(Path(folder).name, Path(folder), (job(),), ("python3", "worker.pyz", "node", "."), files, **changed)


# ---- settings


def test_settings_and_options_are_the_same_and_have_the_same_defaults() -> None:
    options = Options()
    for setting in SETTINGS:
        assert getattr(options, setting.name) in (setting.default, "", 0, None), setting.name
    assert {setting.name for setting in SETTINGS} == set(Options.__slots__)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"requirements": "true\nqueue"}, "requirements"),
        ({"universe": "container"}, "container_image"),
        ({"attributes": "no equal sign"}, "attributes"),
        ({"attributes": "a == 1"}, "attributes"),
        ({"attributes": "RecastArray = 1"}, "attributes"),
        ({"array_size": 0}, "array_size"),
    ],
)
def test_a_setting_that_makes_no_sense(values: dict[str, Any], name: str) -> None:
    with pytest.raises(UsageError) as problem:
        Options.of(values)
    assert problem.value.where == name


def test_settings_of_others_are_left_out() -> None:
    assert Options.of({"python": "python3", "schedd": "s", "rank": None}) == Options(schedd="s")


# ---- submit descriptions


def text_of(given_array: Array, *, is_spooled: bool = True, **values: Any) -> dict[str, str]:
    return describe(given_array, Options.of(values), is_spooled=is_spooled, margin_s=60)


def test_a_description() -> None:
    text = text_of(array())
    assert text["arguments"] == "\"'python3' 'worker.pyz' 'node' '.' $(index)\""
    assert text["initialdir"] == "/run/arrays/recast-1/engine/$(index)"
    assert (text["universe"], text["My.RecastArray"]) == ("vanilla", '"recast-1"')
    assert "log" not in text
    assert "JobStatus == 4" in text["leave_in_queue"]


def test_where_the_schedd_sees_our_files() -> None:
    text = text_of(array(), is_spooled=False, max_idle=50)
    assert (text["log"], text["max_idle"]) == ("/run/arrays/recast-1/engine/log", "50")
    assert "leave_in_queue" not in text


def test_resources_are_rounded_up_and_in_its_units() -> None:
    wanted = Resources(cpus=1.5, memory_mb=1000, disk_mb=100, walltime_s=600, gpus=1)
    many = Array("a", Path("/a"), (job(resources=wanted),), ("x",), ((),))
    text = text_of(many)
    assert (text["request_cpus"], text["request_gpus"], text["allowed_job_duration"]) == ("2", "1", "660")
    assert int(text["request_memory"]) * 2**20 >= 1064 * 10**6
    assert int(text["request_disk"]) * 1024 >= 10**8


def test_what_a_site_wants() -> None:
    values = {"accounting_group": "group_atlas", "job_flavour": "longlunch", "attributes": '+Project = "x"; My.N=1'}
    text = text_of(array(avoid_hosts=("node-a", 'bad"name')), requirements="HasCvmfs", rank="KFlops", **values)
    assert text["accounting_group"] == "group_atlas"
    assert (text["My.JobFlavour"], text["My.Project"], text["My.N"]) == ('"longlunch"', '"x"', "1")
    assert text["requirements"].startswith("(HasCvmfs) && !stringListIMember(TARGET.Machine, ")
    assert '"node-a"' in text["requirements"]
    assert "bad" not in text["requirements"]


def test_a_container_universe() -> None:
    image = "sha256:" + "ab" * 32
    given_array = Array("a", Path("/a"), (job(),), ("x",), ((),))
    assert text_of(given_array, universe="container", container_image="/images/{hex}.sif")["universe"] == "vanilla"
    named = Array("a", Path("/a"), (ContainerJob("t", image, "true", None, "sh", "/recast/run/s"),), ("x",), ((),))
    text = text_of(named, universe="container", container_image="/images/{hex}.sif")
    assert (text["universe"], text["container_image"]) == ("container", f"/images/{'ab' * 32}.sif")


def test_files_by_their_way_from_the_sandbox() -> None:
    (item,) = items_of(array())
    assert item == {
        "index": "0",
        "token": "t-1",
        "files": "../../worker.pyz,../../tasks/0.json,../../../../../store/sha256/ab/cd",
    }
    assert links_of(array()) == {}


def test_a_file_with_a_blank_or_a_comma_in_its_path_goes_by_a_link() -> None:
    odd = Path("/st,ore x/sha256/ab/cd")
    given_array = Array("a b", Path("/r/a b"), (job(),), ("x",), ((odd,),))
    assert items_of(given_array)[0]["files"] == "cd"
    assert links_of(given_array) == {Path("/r/a b/engine/0/cd"): odd}


@given(st.lists(st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1), min_size=1))
def test_no_word_gets_out_of_its_quotes(words: list[str]) -> None:
    given_array = Array("a", Path("/a"), (job(),), tuple(words), ((),))
    text = text_of(given_array)["arguments"].removesuffix(' $(index)"').removeprefix('"')
    assert "$(" not in text.replace("$(DOLLAR)", "")
    assert parsed(text.replace("$(DOLLAR)", "$").replace('""', '"')) == words


def parsed(text: str) -> list[str]:
    """Read words as HTCondor does: blanks part them but in single quotes, where two single quotes are one."""
    words, word, quoted, position = [], "", False, 0
    while position < len(text):
        if text[position] == "'" and quoted and text[position : position + 2] == "''":
            word, position = word + "'", position + 1
        elif text[position] == "'":
            quoted = not quoted
        elif text[position] == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += text[position]
        position += 1
    return [*words, word]


# ---- errors


@pytest.mark.parametrize(
    ("kind", "words", "expected", "next_step"),
    [
        ("ModuleNotFoundError", "No module named 'htcondor2'", ExecutorError, "pip install"),
        ("LookupError", "the pool has 2 schedds: a, b", ExecutorError, "--htcondor-schedd"),
        ("HTCondorException", "AUTHENTICATE:1003:Failed to authenticate", CredentialsProblem, "recast resume"),
        ("HTCondorException", "SECMAN:2010:Received DENIED from server", CredentialsProblem, "recast resume"),
        ("HTCondorException", "Failed to connect to schedd", ExecutorError, "executors check"),
        ("Undone", "File transfer failed: No space left on device", Refused, ""),
    ],
)
def test_errors(kind: str, words: str, expected: type[Exception], next_step: str) -> None:
    problem = error_of("submit", kind, words, "schedd")
    assert type(problem) is expected
    assert next_step in problem.next_step


def test_settings_win_over_the_configuration_of_this_machine() -> None:
    changed = environment_of({"A": "1"}, "pool.org:9618", "/tokens")
    assert changed["_CONDOR_COLLECTOR_HOST"] == "pool.org:9618"
    assert changed["_CONDOR_SEC_TOKEN_DIRECTORY"] == "/tokens"
    assert environment_of({"A": "1"}, "", "") == {"A": "1"}


def test_bindings_that_end_or_hang_do_not_take_us_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "bindings.py"
    monkeypatch.setattr("recast.executors.htcondor.calls._SCRIPT", script)

    async def asked(code: str, bound_s: float) -> str:
        script.write_text(code)
        calls = Calls(os.environ, "", bound_s)
        with pytest.raises(ExecutorError) as problem:
            await calls.ask("locate")
        await calls.close()
        return problem.value.why

    assert "assertion failed" in asyncio.run(asked("import sys; input(); sys.exit('assertion failed')", 20))
    assert "did not answer within 1 s" in asyncio.run(asked("import time; time.sleep(60)", 0.6))


def test_bindings_are_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "bindings.py"
    script.write_text("print(input() and '{\"value\": 7}')")  # it ends after each answer
    monkeypatch.setattr("recast.executors.htcondor.calls._SCRIPT", script)

    async def thrice() -> list[int]:
        calls = Calls(os.environ, "", 20)
        answers = []
        for _ in range(3):
            answers.append(await calls.ask("locate"))
            assert calls._process is not None
            await calls._process.wait()
        await calls.close()
        return answers

    assert asyncio.run(thrice()) == [7, 7, 7]


# ---- tokens


def token(**body: Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, body)]
    return ".".join([*parts, "signature"])


def test_tokens(tmp_path: Path) -> None:
    def told() -> str:
        with pytest.raises(CredentialsProblem) as problem:
            check_tokens(tmp_path, 1000.0)
        return problem.value.why

    assert "no token" in told()
    path = tmp_path / "pool"
    path.touch(mode=0o644)
    path.write_text(token(sub="grid", exp=2000))
    assert "readable by you alone" in told()
    path.chmod(0o600)
    check_tokens(tmp_path, 1000.0)
    path.write_text(token(sub="grid", exp=60))
    assert "expired at 1970-01-01 00:01:00 UTC" in told()
    path.write_text(token(sub="grid"))
    check_tokens(tmp_path, 1000.0)
    with pytest.raises(CredentialsProblem, match="no token for HTCondor"):
        check_tokens(tmp_path / "nowhere")


@given(st.text())
def test_any_token_has_an_expiry_or_none(text: str) -> None:
    assert expiry_of(text) is None or isinstance(expiry_of(text), float)


@given(st.binary())
def test_any_body_of_a_token(body: bytes) -> None:
    expiry_of("a." + base64.urlsafe_b64encode(body).decode() + ".b")


# ---- what comes home


def test_what_came_back_goes_home(tmp_path: Path) -> None:
    folder, home = tmp_path / "array", tmp_path / "jobs"
    for index, name in enumerate(["good", "none", "said", "link", "again"]):
        (folder / "engine" / str(index)).mkdir(parents=True)
        (home / name).mkdir(parents=True)
    (folder / "engine/0/out").mkdir()
    (folder / "engine/0/out/outcome.json").write_text("{}")
    (folder / "engine/2/worker.err").write_text("noise\npython3: not found\n")
    (folder / "engine/3/out").symlink_to("/etc")
    (home / "again/out").mkdir()
    wanted = {f"7.{index}": home / name for index, name in enumerate(["good", "none", "said", "link", "again"])}
    problems = move_home({7: folder}, wanted)
    assert (home / "good/out/outcome.json").read_text() == "{}"
    assert sorted(problems) == ["7.1", "7.2", "7.3"]
    assert "not found" in problems["7.2"]
    assert not (home / "link/out").exists()
    assert move_home({}, {"8.0": home / "good"}) == {"8.0": "its array is not known"}
