"""`recast ci init`: what it writes is valid for its forge, does what it says, and overwrites nothing."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.ci.templates import FORGES, write_pipeline
from recast.ci.templates.texts import REQUIREMENT, pipeline_files
from recast.errors import NotFound, UsageError
from tests.conftest import ROOT, Recast
from tests.waiting import BOUND_S

JUDGES = ROOT / ".venv-judge-ci/bin"
SCHEMAS = {"gitlab": "vendor.gitlab-ci", "github": "vendor.github-workflows", "gitea": "vendor.github-workflows"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an entry of ours."""
    folder = tmp_path / "repository"
    (folder / "catalogue").mkdir(parents=True)
    (folder / "specs").symlink_to(ROOT / "specs")
    (folder / "catalogue/search.yml").write_text((ROOT / "catalogue/atlas-susy-2018-22.yml").read_text())
    return folder


def judge(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = JUDGES / name
    assert program.exists(), "the judge is missing; type: make setup-test"
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=BOUND_S)


@pytest.mark.parametrize("forge", FORGES)
def test_published_schemas_accept_it(forge: str, tmp_path: Path) -> None:
    for path, text in pipeline_files(forge).items():
        for number, document in enumerate(text.split("\n---\n")):  # a GitLab component is two documents
            file = tmp_path / f"{number}.yml"
            file.write_text(document)
            done = judge("check-jsonschema", "--builtin-schema", SCHEMAS[forge], file)
            assert done.returncode == 0, f"{path}: {done.stdout}"
            if forge != "gitlab":
                done = judge("check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", file)
                assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("forge", ["github", "gitea"])
def test_zizmor_finds_nothing(forge: str, tmp_path: Path) -> None:
    for path, text in pipeline_files(forge).items():
        file = tmp_path / ".github/workflows" / Path(path).name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        done = judge("zizmor", "--offline", "--no-config", "--format=json", file)
        assert json.loads(done.stdout) == [], done.stdout


def test_a_wrong_pipeline_is_refused_by_the_judges(tmp_path: Path) -> None:
    file = tmp_path / ".github/workflows/bad.yml"
    file.parent.mkdir(parents=True)
    file.write_text(
        pipeline_files("github")[".github/workflows/recast.yml"].replace('"$COMMIT"', "${{ github.head_ref }}")
    )
    assert "template-injection" in judge("zizmor", "--offline", "--format=json", file).stdout
    file.write_text("jobs: {a: {stps: []}}\n")
    assert judge("check-jsonschema", "--builtin-schema", "vendor.github-workflows", file).returncode == 1


def test_least_permissions() -> None:
    workflow = yaml.safe_load(pipeline_files("github")[".github/workflows/recast.yml"])
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["analysis"]["permissions"] == {"contents": "read"}
    assert "secrets" not in pipeline_files("github")[".github/workflows/recast.yml"]
    assert "pull_request_target" not in "".join(pipeline_files("github").values())
    assert yaml.safe_load(pipeline_files("gitea")[".gitea/workflows/recast.yml"])["permissions"] == {"contents": "read"}


def test_what_it_finds(repository: Path) -> None:
    done = write_pipeline("gitlab", repository)
    assert done.written == ("recast-ci.yml", "templates/recast.yml", ".gitlab-ci.yml")
    said = yaml.safe_load((repository / "recast-ci.yml").read_text())
    assert said["entry"] == "catalogue/search.yml"
    assert said["validation"] == [{"name": "demo", "example": "demo"}]
    assert "generate" in said["random"] and said["alpha"] == 0.01
    assert REQUIREMENT in (repository / "templates/recast.yml").read_text()


def test_nothing_is_overwritten(repository: Path) -> None:
    write_pipeline("github", repository)
    again = write_pipeline("github", repository)
    assert again.written == () and "recast-ci.yml" in again.kept
    workflow = repository / ".github/workflows/recast.yml"
    workflow.write_text("mine\n")
    (repository / "recast-ci.yml").write_text("mine too\n")
    with pytest.raises(UsageError, match="is there, and it is not what would be written"):
        write_pipeline("github", repository)
    assert workflow.read_text() == "mine\n"
    assert write_pipeline("gitea", repository).kept == ("recast-ci.yml",), "another forge beside it"
    assert (repository / "recast-ci.yml").read_text() == "mine too\n"
    write_pipeline("github", repository, force=True)
    assert workflow.read_text() != "mine\n" and "entry:" in (repository / "recast-ci.yml").read_text()


def test_links_that_lead_out_are_not_followed(repository: Path, tmp_path: Path) -> None:
    (repository / ".github").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out of the repository"):
        write_pipeline("github", repository)
    assert not (tmp_path / "elsewhere").exists()


def test_no_entry_and_several(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="There is no catalogue entry"):
        write_pipeline("gitlab", tmp_path / "empty")
    (repository / "catalogue/other.yml").write_text((repository / "catalogue/search.yml").read_text())
    with pytest.raises(UsageError, match="There are 2 catalogue entries"):
        write_pipeline("gitlab", repository)
    with pytest.raises(UsageError, match="no catalogue entry below"):
        write_pipeline("gitlab", repository, entry="../../etc/passwd")
    assert not (repository / "recast-ci.yml").exists() and not (repository / "templates").exists()
    write_pipeline("gitlab", repository, entry="catalogue/other.yml")
    assert "entry: catalogue/other.yml" in (repository / "recast-ci.yml").read_text()


def test_the_command(repository: Path, recast: Recast) -> None:
    said = recast("ci", "init", "gitea", repository)
    assert (said.code, said.out.split()) == (0, ["recast-ci.yml", ".gitea/workflows/recast.yml"])
    assert recast("ci", "init", "bitbucket", repository).code == 2


FAKE = """#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
mkdir -p recast-ci && echo summary >recast-ci/summary.md && echo '<testsuites/>' >recast-ci/junit.xml
exit "${FAKE_CODE:-0}"
"""
SHA = "a" * 40


def fake_recast(folder: Path) -> dict[str, str]:
    """A `recast` that notes how it is called, in front of PATH."""
    folder.mkdir()
    for name in ("recast", "skopeo"):
        (folder / name).write_text(FAKE if name == "recast" else "#!/bin/sh\ncat >/dev/null\n")
        (folder / name).chmod(stat.S_IRWXU)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(folder / "calls"), "HOME": str(folder)}


CASES: list[tuple[str, dict[str, str], str]] = [
    ("github", {"EVENT": "push", "REF": "refs/heads/main", "FORK": "false"}, "--ref refs/heads/main --event push"),
    (
        "github",
        {"EVENT": "request", "REF": "refs/pull/7/head", "FORK": "true"},
        "--ref refs/pull/7/head --event request --untrusted",
    ),
    ("gitea", {"REF": "refs/tags/v1", "PULL": "false", "FORK": "false"}, "--ref refs/tags/v1 --event tag"),
    (
        "gitea",
        {"REF": "refs/pull/7/head", "PULL": "true", "FORK": "true"},
        "--ref refs/pull/7/head --event request --untrusted",
    ),
]


@pytest.mark.parametrize(("forge", "env", "call"), CASES)
def test_each_run_block_in_bash(forge: str, env: dict[str, str], call: str, tmp_path: Path) -> None:
    """Nothing executes workflows of GitHub offline, so each `run:` block is run by itself, as a runner would."""
    surroundings = {
        **fake_recast(tmp_path / "bin"),
        **env,
        "COMMIT": SHA,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "told"),
    }
    for path, text in pipeline_files(forge).items():
        jobs = yaml.safe_load(text)["jobs"]
        for step in next(iter(jobs.values()))["steps"] if "publish" not in path else []:
            if "run" in step:
                argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
                done = subprocess.run(
                    argv, env=surroundings, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND_S
                )
                assert done.returncode == 0, done.stderr
    assert (tmp_path / "bin/calls").read_text() == f"ci run . --commit {SHA} {call}\n"
    if forge == "github":
        assert (tmp_path / "told").read_text() == "summary\n"


def test_the_publishing_blocks_in_bash(tmp_path: Path) -> None:
    env = {**fake_recast(tmp_path / "bin"), "COMMIT": SHA, "REF": "refs/tags/v1", "ACTOR": "x", "TOKEN": "t"}
    env |= {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"), "GITHUB_STEP_SUMMARY": str(tmp_path / "told")}
    workflow: Any = yaml.safe_load(pipeline_files("github")[".github/workflows/recast-publish.yml"])
    for step in workflow["jobs"]["publish"]["steps"]:
        if "run" in step:
            subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=env, cwd=tmp_path, check=True)
    assert (tmp_path / "bin/calls").read_text() == f"ci run . --commit {SHA} --ref refs/tags/v1 --event tag\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "word", "calls"),
    [
        ({}, "PASS", ["--ref refs/heads/main --event push --executor local"]),
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "3"}, "PASS",
         ["--ref refs/merge-requests/3/head --event request --executor local --untrusted"]),
        ({"FAKE_CODE": "8"}, "WARN", ["--ref refs/heads/main --event push --executor local"]),
        ({"FAKE_CODE": "7"}, "FAIL", ["--ref refs/heads/main --event push --executor local"]),
    ],
    ids=["push", "request-of-a-fork", "undecided-is-a-warning", "moved-fails"],
)  # fmt: skip
def test_the_gitlab_pipeline_runs(
    repository: Path, tmp_path: Path, variables: dict[str, str], word: str, calls: list[str]
) -> None:
    program = ROOT / ".cache/node/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"
    assert program.exists(), "the judge is missing; type: make setup-test"
    write_pipeline("gitlab", repository)
    env = {**fake_recast(tmp_path / "bin"), **variables}
    git = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (
        ["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "first"],
        ["remote", "add", "origin", "git@gitlab.example.org:team/search.git"],
    ):  # fmt: skip
        subprocess.run([*git, *arguments], check=True, timeout=BOUND_S)
    said = [part for name, value in variables.items() for part in ("--variable", f"{name}={value}")]
    node = ["node", "--import", str(Path(__file__).with_name("set-methods.mjs")), str(program)]
    done = subprocess.run(
        [*node, "--force-shell-executor", "--no-color", *said],
        cwd=repository, env=env, capture_output=True, text=True, timeout=BOUND_S,
    )  # fmt: skip
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert (tmp_path / "bin/calls").read_text().splitlines() == [f"ci run . --commit {head} {call}" for call in calls]
    assert f" {word}  recast" in done.stdout, done.stdout + done.stderr
    if word != "FAIL":
        assert (repository / "recast-ci/junit.xml").exists(), "artefacts come back"
