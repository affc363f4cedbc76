"""The configuration of the server: what it says, and what is refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.ci.server.drive import arguments
from recast.ci.server.model import Pipeline
from recast.ci.server.places import ServerPlaces
from recast.ci.server.settings import load_settings
from recast.errors import PermissionDenied, UsageError

GOOD = """
listen = "127.0.0.1:0"
state = "state"

[repositories.analysis]
url = "https://gitlab.example.org/group/sub/analysis.git"
dialect = "gitlab"
secret_file = "hook"
token_file = "token"
status_url = "https://gitlab.example.org/api/v4/projects/17/"
executor = "slurm"
push = "oci://registry.example.org/analysis"
key = "/keys/ci"
"""


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    for name in ("hook", "token"):
        (tmp_path / name).write_text("a-secret-of-one-hook\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "ci-server.toml"
    path.write_text(text)
    return path


def test_a_repository_with_its_hook_and_its_forge(folder: Path) -> None:
    settings = load_settings(written(folder, GOOD))
    here = settings.repositories["analysis"]
    assert (settings.host, settings.port, settings.state) == ("127.0.0.1", 0, folder / "state")
    assert here.hook is not None and here.forge is not None
    assert (here.hook.repository, here.hook.dialect) == ("group/sub/analysis", "gitlab")
    assert here.forge.base == "https://gitlab.example.org/api/v4/projects/17"
    assert (here.forks, here.trusted_ref, here.at_first) == ("wait", "refs/heads/main", "trusted")
    assert "a-secret-of-one-hook" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "where", "word"),
    [
        ('dialect = "gitlab"', 'dialect = "gitlb"', "dialect", "did you mean gitlab"),
        ('executor = "slurm"', 'exekutor = "slurm"', "exekutor", "write executor"),
        ('executor = "slurm"', 'forks = "allow"', "forks", "one of"),
        ('executor = "slurm"', "timeout_s = true", "timeout_s", "a number"),
        ('executor = "slurm"', 'approvers = "alice"', "approvers", "list"),
        ('executor = "slurm"', 'trusted_branch = "a..b"', "trusted_branch", "branch"),
        ('listen = "127.0.0.1:0"', 'listen = "8471"', "listen", "address"),
        ('listen = "127.0.0.1:0"', "parallel = 0", "parallel", "a number"),
        ("https://gitlab.example.org/group", "ext::sh -c id/group", "url", "Allowed are"),
        ("https://gitlab.example.org/group", "http://gitlab.example.org/group", "url", "unencrypted"),
        ("https://gitlab.example.org/api", "http://gitlab.example.org/api", "status_url", "unencrypted"),
        ('token_file = "token"', "", "status_url", "token_file"),
        ('secret_file = "hook"', 'secret_file = "nothing"', "secret_file", "nothing"),
        ("[repositories.analysis]", "[repositories.Analysis]", "repositories.Analysis", "file names"),
    ],
)
def test_mistakes_are_named_with_their_place(folder: Path, old: str, new: str, where: str, word: str) -> None:
    with pytest.raises(UsageError) as wrong:
        load_settings(written(folder, GOOD.replace(old, new)))
    error = wrong.value
    assert where in error.where and "ci-server.toml:" in error.where
    assert word in f"{error.what} {error.why} {error.next_step}"


def test_a_server_without_repositories_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="no repository"):
        load_settings(written(folder, 'state = "x"'))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o610])
def test_secrets_that_others_can_read_are_refused(folder: Path, mode: int) -> None:
    (folder / "hook").chmod(mode)
    with pytest.raises(PermissionDenied, match="Others can read"):
        load_settings(written(folder, GOOD))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"two\nlines-of-a-secret-x", b"\xff" * 20, b"x" * 5000, b"whsec_!!!" * 4]
)
def test_secrets_that_are_none_are_refused_without_being_shown(folder: Path, content: bytes) -> None:
    (folder / "hook").write_bytes(content)
    with pytest.raises(UsageError) as wrong:
        load_settings(written(folder, GOOD))
    error = wrong.value
    assert (
        content.decode(errors="replace").strip()[:8] not in f"{error} {error.why} {error.where}" or not content.strip()
    )


def pipeline(**more: object) -> Pipeline:
    known = {
        "id": "p1", "repository": "analysis", "commit": "a" * 40, "lane": "commit", "ref": "refs/heads/main",
        "event": "push", "state": "running", "trusted": True, "word": "", "sentence": "", "created": 0.0,
        "started": 0.0, "finished": 0.0, "tries": 1, "blocked": 0, "fence": 1, "allowed_by": "",
    }  # fmt: skip
    return Pipeline(**{**known, **more})  # type: ignore[arg-type]


def test_only_the_trusted_branch_moves_the_reference_and_only_tags_are_signed(folder: Path) -> None:
    settings = load_settings(written(folder, GOOD))
    places, here = ServerPlaces(settings.state), settings.repositories["analysis"]

    def line(**more: object) -> list[str]:
        reference = places.reference("analysis")
        return arguments(settings, places, here, pipeline(**more), folder, reference if reference.exists() else None)

    main = line()
    assert main[-6:-4] != ["--untrusted"] and "--write-reference" in main and "--key" not in main
    assert main[main.index("--executor") + 1] == "slurm" and "--push" in main
    branch = line(ref="refs/heads/other")
    assert "--write-reference" not in branch and "--push" in branch
    tag = line(ref="refs/tags/v1", event="tag", lane="tag:v1")
    assert "--key" in tag and "--write-reference" not in tag
    allowed = line(ref="refs/merge-requests/5/head", event="request", lane="fork")
    assert "--push" not in allowed and "--untrusted" not in allowed
    strange = line(ref="refs/merge-requests/5/head", event="request", lane="fork", trusted=False)
    assert {"--push", "--key", "--write-reference"}.isdisjoint(strange)
    assert "--untrusted" in strange and strange[strange.index("--executor") + 1] == "local"
    places.reference("analysis").write_text("{}")
    assert all("--reference" in line(trusted=it, lane="fork", event="request") for it in (True, False))


def test_a_strangers_pipeline_gets_next_to_nothing_of_our_environment(folder: Path) -> None:
    places = ServerPlaces(folder / "state")
    env = {"PATH": "/usr/bin", "HOME": "/home/us", "RECAST_PANDA_TOKEN": "x", "X509_USER_PROXY": "/tmp/x", "LANG": "C"}
    ours = places.environment(folder, trusted=True, environ=env)
    strange = places.environment(folder, trusted=False, environ=env)
    assert ours.items() >= env.items()
    assert set(strange) == {
        "GIT_CEILING_DIRECTORIES", "GIT_TERMINAL_PROMPT", "HOME", "LANG", "PATH", "RECAST_CONFIG", "RECAST_HOME",
    }  # fmt: skip
    assert strange["HOME"] == str(folder)


def test_people_elsewhere_see_nothing_of_where_the_server_is(folder: Path) -> None:
    places = ServerPlaces(folder / "state")
    checkout = places.pipeline("3f2a") / "1" / "checkout"
    said = places.without_paths(f"{checkout}/specs/x.yml:3 in {checkout}; {places.mirror('a')}")
    assert said == "specs/x.yml:3 in the repository; (the server's folder)/mirrors/a.git"
