"""A toplevel elsewhere becomes a folder here: resolved once, recorded, checked, and still there without a network."""

import pytest

from recast.errors import NetworkError, NotFound, PermissionDenied
from recast.remote import local_toplevel
from recast.spec import load_workflow, spec_digest
from tests.remote.loopback import COMMIT, OTHER_COMMIT, Reply, github, tarball

WORKFLOW = "stages: [{$ref: 'steps/stages.yml#/one'}]"
STAGES = """
one:
  name: one
  scheduler: {scheduler_type: singlestep-stage, parameters: {}, step: {$ref: 'echo.yml'}}
"""
ECHO = "{process: {process_type: string-interpolated-cmd, cmd: 'true'}, environment: {environment_type: localproc-env},"
ECHO += " publisher: {publisher_type: constant-pub, publish: {}}}"
FILES = {"workflow.yml": WORKFLOW, "steps/stages.yml": STAGES, "steps/echo.yml": ECHO}
IN_SPECS = {f"specs/{name}": content for name, content in FILES.items()}


def gitlab(server, files, ref="master", commit=COMMIT, path=True):
    base = "/api/v4/projects/group%2Fsub%2Frepo/repository"
    server.add(f"{base}/commits/{ref}", f'{{"id": "{commit}"}}')
    query = f"?sha={commit}" + ("&path=specs" if path else "")
    server.add(f"{base}/archive.tar.gz{query}", tarball(files))


def test_github(forges):
    github(forges, {**IN_SPECS, "README.md": "x", "specs/.hidden/x": "y"})
    found = local_toplevel("github:org/repo:specs")
    assert load_workflow("workflow.yml", found.path).workflow.stages[0].name == "one"
    assert (found.origin.commit, found.origin.ref, found.origin.subfolder) == (COMMIT, "main", "specs")
    assert sorted(found.origin.files) == sorted(FILES)
    assert found.origin.digest == spec_digest(found.path)
    assert found.origin.toplevel == "github:org/repo@main:specs"
    assert found.origin.note == ""
    assert forges.seen[0].headers["accept"] == "application/vnd.github.sha"


def test_gitlab(forges, monkeypatch):
    monkeypatch.setenv("YADAGE_SCHEMA_LOAD_TOKEN", "abc")
    gitlab(forges, IN_SPECS)
    found = local_toplevel("gitlab-cern:group/sub/repo:specs")
    assert sorted(found.origin.files) == sorted(FILES)
    assert [seen.headers["private-token"] for seen in forges.seen] == ["abc", "abc"]
    assert "abc" not in str(found.origin.as_json())


def test_a_local_folder_stays_one(tmp_path, forges):
    found = local_toplevel(str(tmp_path))
    assert (found.path, found.origin) == (tmp_path, None)


def test_a_commit_is_fetched_once(forges):
    github(forges, IN_SPECS)
    first = local_toplevel("github:org/repo:specs")
    again = local_toplevel("github:org/repo:specs")
    assert again.path == first.path
    assert forges.paths() == [
        "/repos/org/repo/commits/main", f"/repos/org/repo/tarball/{COMMIT}", f"/codeload/{COMMIT}",
        "/repos/org/repo/commits/main",
    ]  # fmt: skip


def test_a_ref_that_is_a_commit_is_never_asked(forges):
    github(forges, IN_SPECS)
    local_toplevel(f"github:org/repo@{COMMIT}:specs")
    count = len(forges.seen)
    local_toplevel(f"github:org/repo@{COMMIT}:specs")
    assert len(forges.seen) == count
    assert "/repos/org/repo/commits" not in str(forges.paths())


def test_a_branch_that_moved(forges):
    github(forges, IN_SPECS)
    first = local_toplevel("github:org/repo:specs")
    github(forges, {**IN_SPECS, "specs/new.yml": "x: 1"}, commit=OTHER_COMMIT)
    second = local_toplevel("github:org/repo:specs")
    assert (first.origin.commit, second.origin.commit) == (COMMIT, OTHER_COMMIT)
    assert first.path != second.path
    assert not (first.path / "new.yml").exists()


@pytest.mark.parametrize("trouble", [Reply(b"", 500), Reply(b"", 429, {"Retry-After": "999"})])
def test_without_an_answer_the_recorded_commit_is_used_and_said(forges, trouble):
    github(forges, IN_SPECS)
    first = local_toplevel("github:org/repo:specs")
    forges.add("/repos/org/repo/commits/main", trouble)
    again = local_toplevel("github:org/repo:specs")
    assert (again.path, again.origin.commit) == (first.path, COMMIT)
    assert "continuing with the commit of main" in again.origin.note
    assert again.origin.resolved == first.origin.resolved


def test_without_an_answer_and_nothing_recorded(forges):
    forges.add("/repos/org/repo/commits/main", Reply(b"", 500))
    with pytest.raises(NetworkError):
        local_toplevel("github:org/repo:specs")


@pytest.mark.parametrize("status", [401, 404])
def test_an_answer_that_says_no_is_believed(forges, status):
    github(forges, IN_SPECS)
    local_toplevel("github:org/repo:specs")
    forges.add("/repos/org/repo/commits/main", Reply(b"", status))
    with pytest.raises((PermissionDenied, NotFound)):
        local_toplevel("github:org/repo:specs")


def test_a_ref_that_is_not_there(forges):
    forges.add("/repos/org/repo/commits/mian", Reply(b"", 422))
    with pytest.raises(NotFound) as caught:
        local_toplevel("github:org/repo@mian:specs")
    assert "'mian'" in caught.value.what
    assert caught.value.code == "not-found.ref"
    assert "RECAST_GITHUB_TOKEN" in caught.value.next_step


def test_a_folder_that_is_not_there(forges):
    github(forges, {"README.md": "x"})
    with pytest.raises(NotFound, match="no files below 'specs'"):
        local_toplevel("github:org/repo:specs")


@pytest.mark.parametrize("answer", ["<html>log in</html>", "abc", ""])
def test_a_commit_that_is_none(forges, answer):
    forges.add("/repos/org/repo/commits/main", answer)
    with pytest.raises(NetworkError, match="no commit"):
        local_toplevel("github:org/repo:specs")


def test_a_tampered_cache_is_made_again(forges):
    github(forges, IN_SPECS)
    found = local_toplevel("github:org/repo:specs")
    file = found.path / "workflow.yml"
    file.chmod(0o644)
    file.write_text("stages: []")
    again = local_toplevel("github:org/repo:specs")
    assert again.path == found.path
    assert file.read_text() == WORKFLOW


@pytest.mark.parametrize(
    "hostile",
    [
        tarball({"specs/../../evil": "x", "specs/workflow.yml": WORKFLOW}),
        tarball({"/etc/evil": "x"}, top=""),
        tarball({"specs/a": "x"})[:-20],
        tarball({"specs/zeros": b"\0" * (80 << 20)}),
        b"<html>not an archive</html>",
        b"",
    ],
)
def test_a_hostile_or_broken_archive(forges, tmp_path, hostile):
    github(forges, {})
    forges.add(f"/codeload/{COMMIT}", hostile)
    with pytest.raises(NetworkError) as caught:
        local_toplevel("github:org/repo:specs")
    assert caught.value.code == "network.archive"
    assert not list(tmp_path.rglob("*evil*"))
    assert not list((tmp_path / "cache").rglob(".new-*"))


def test_links_of_a_repository_are_left_out_and_recorded(forges, tmp_path):
    github(forges, {})
    forges.add(f"/codeload/{COMMIT}", tarball(IN_SPECS, links={"specs/passwd": "/etc/passwd"}))
    found = local_toplevel("github:org/repo:specs")
    assert found.origin.left_out == ("passwd",)
    assert not (found.path / "passwd").exists()


def test_a_web_folder(server):
    for name, content in {**FILES, "unused.yml": "x"}.items():
        server.add(f"/specs/{name}", content)
    found = local_toplevel(f"{server.url}/specs", "workflow.yml")
    assert sorted(found.origin.files) == sorted(FILES)
    assert load_workflow("workflow.yml", found.path).workflow.stages[0].name == "one"
    assert "/specs/unused.yml" not in server.paths()


def test_a_web_folder_without_a_network(server):
    for name, content in FILES.items():
        server.add(f"/specs/{name}", content)
    first = local_toplevel(f"{server.url}/specs", "workflow.yml")
    server.add("/specs/steps/echo.yml", Reply(b"", 503))
    again = local_toplevel(f"{server.url}/specs", "workflow.yml")
    assert again.path == first.path
    assert "going on with the files of" in again.origin.note


def test_a_web_workflow_that_is_not_there(server):
    with pytest.raises(NotFound) as caught:
        local_toplevel(f"{server.url}/specs", "workflow.yml")
    assert caught.value.where == f"{server.url}/specs/workflow.yml"


def test_references_never_leave_a_web_folder(server, other):
    targets = ["../secret.yml", "/secret.yml", f"{other.url}/x.yml", "//host/x.yml", "a/../../secret.yml"]
    server.add("/specs/workflow.yml", "stages:\n" + "".join(f"- $ref: '{target}'\n" for target in targets))
    local_toplevel(f"{server.url}/specs", "workflow.yml")
    assert server.paths() == ["/specs/workflow.yml", "/specs/images.lock.json"]
    assert other.seen == []


def test_a_web_folder_of_endless_references(server, monkeypatch):
    monkeypatch.setattr("recast.remote.web.MOST_FILES", 5)
    server.add("/specs/workflow.yml", "{$ref: 1.yml}")
    for number in range(1, 9):
        server.add(f"/specs/{number}.yml", f"{{$ref: {number + 1}.yml}}")
    with pytest.raises(NetworkError, match="more than 5 files"):
        local_toplevel(f"{server.url}/specs", "workflow.yml")


def test_a_text_from_a_file_may_not_name_this_network(server):
    server.add("/specs/workflow.yml", WORKFLOW)
    with pytest.raises(PermissionDenied):
        local_toplevel(f"{server.url}/specs", "workflow.yml", named=())
    assert server.seen == []
