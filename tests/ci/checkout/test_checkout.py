"""Real repositories with what strangers put into them: a checkout has their files, and nothing of them is obeyed."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from recast.ci.checkout import Checkout, Limits, Remote, fetch_commit, heads_of, write_tree
from recast.ci.checkout.process import environment, run_git
from recast.errors import InfrastructureError, NetworkError, NotFound, PermissionDenied, RecastError, UsageError
from tests.testbeds.forge.forge import git
from tests.testbeds.forge.smart import smart_http

LIMITS = Limits(seconds=60)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "README.md").write_text("a search\n")
    return folder


def committed(work: Path) -> str:
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--allow-empty", "-m", "a change")
    return git(work, "rev-parse", "HEAD")


def check_out(
    work: Path, tmp_path: Path, commit: str, ref: str = "refs/heads/main", limits: Limits = LIMITS
) -> Checkout:
    mirror = tmp_path / "mirror.git"
    assert fetch_commit(Remote(f"file://{work}"), ref, commit, mirror, limits)
    return write_tree(mirror, commit, tmp_path / "out", limits)


def tree_of(work: Path, *entries: tuple[str, str, str]) -> str:
    """Commit a tree that git would not make from files: mode, path in this folder, and object."""
    lines = "".join(f"{mode} {'tree' if mode == '040000' else 'blob'} {name}\t{path}\n" for mode, path, name in entries)
    made = subprocess.run(
        ["git", "-C", work, "mktree", "--missing"], input=lines, capture_output=True, text=True, check=True
    )
    commit = git(work, "commit-tree", made.stdout.strip(), "-m", "by hand")
    git(work, "update-ref", "refs/heads/main", commit)
    return commit


def blob(work: Path, content: str) -> str:
    done = subprocess.run(
        ["git", "-C", work, "hash-object", "-w", "--stdin"], input=content, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_files_are_written_as_they_are(work: Path, tmp_path: Path) -> None:
    (work / "deep/er").mkdir(parents=True)
    (work / "deep/er/run.sh").write_text("#!/bin/sh\n")
    (work / "deep/er/run.sh").chmod(0o755)
    (work / "link").symlink_to("deep/er/run.sh")
    (work / "f\u00fcr alle").write_bytes(bytes(range(256)))
    (work / "empty").touch()
    done = check_out(work, tmp_path, committed(work))
    out = tmp_path / "out"
    assert (done.files, done.submodules) == (5, ())
    assert os.readlink(out / "link") == "deep/er/run.sh"
    assert (out / "link").stat().st_mode & stat.S_IXUSR
    assert (out / "f\u00fcr alle").read_bytes() == bytes(range(256))
    assert not (out / ".git").exists()


def test_attributes_filters_hooks_and_configuration_have_no_say(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    (work / ".gitattributes").write_text("* text eol=crlf ident filter=evil export-subst\n*.dat filter=lfs diff=lfs\n")
    (work / "kept.txt").write_text("$Id$ $Format:%H$\nline\n")
    (work / "big.dat").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    (work / ".gitconfig").write_text(f'[filter "evil"]\n\tsmudge = {program}\n')
    home = tmp_path / "home"
    (home / "hooks").mkdir(parents=True)
    (home / ".gitconfig").write_text(
        f'[filter "evil"]\n\tsmudge = {program}\n\trequired = true\n[core]\n\thooksPath = {home}/hooks\n'
        f'\tfsmonitor = {program}\n[credential]\n\thelper = {program}\n[url "file:///nowhere"]\n\tinsteadOf = file://\n'
    )
    for name in ("post-checkout", "reference-transaction"):
        (home / "hooks" / name).write_text(program.read_text())
        (home / "hooks" / name).chmod(0o755)
    for name, value in {
        "HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"), "GIT_SSH_COMMAND": str(program),
        "GIT_ASKPASS": str(program), "GIT_EXTERNAL_DIFF": str(program), "GIT_DIR": "/nowhere",
        "GIT_TRACE": "/dev/stderr",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": str(home / "hooks"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert environment()["HOME"] == "/nonexistent"
    with monkeypatch.context() as people:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            people.delenv(name)
        commit = committed(work)
    check_out(work, tmp_path, commit)
    assert (tmp_path / "out/kept.txt").read_text() == "$Id$ $Format:%H$\nline\n"
    assert (tmp_path / "out/big.dat").read_text().startswith("version https://git-lfs")
    assert not ran.exists()


def test_submodules_are_empty_folders_and_named(work: Path, tmp_path: Path) -> None:
    (work / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% /tmp/recast-was-here\n')
    git(work, "add", "--all")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    git(work, "commit", "--quiet", "-m", "a submodule")
    done = check_out(work, tmp_path, git(work, "rev-parse", "HEAD"))
    assert done.submodules == ("x",)
    assert list((tmp_path / "out/x").iterdir()) == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "a/../../outside", "b/.."])
def test_links_that_lead_out_are_refused(target: str, work: Path, tmp_path: Path) -> None:
    (work / "sub").mkdir()
    (work / "sub/x").touch()
    (work / "b").symlink_to(".")  # b/.. is above the checkout, although it does not look so
    (work / "sub/link").symlink_to(f"../{target}" if not target.startswith("/") else target)
    with pytest.raises(PermissionDenied, match="link leads out"):
        check_out(work, tmp_path, committed(work))
    assert not (tmp_path / "outside").exists()


def test_links_within_are_kept_even_those_to_nowhere_and_in_circles(work: Path, tmp_path: Path) -> None:
    (work / "nowhere").symlink_to("not-there/yet")
    (work / "one").symlink_to("two")
    (work / "two").symlink_to("one")
    assert check_out(work, tmp_path, committed(work)).files == 4


@pytest.mark.parametrize("name", [".git", ".GIT", "..", "a\nb", "a\x1bb", "\u202ename"])
def test_names_that_lead_out_or_lie_are_refused(name: str, work: Path, tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied):
        commit = tree_of(work, ("100644", name, blob(work, "x"))) if "\n" not in name else _quoted(work, name)
        check_out(work, tmp_path, commit)
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def _quoted(work: Path, name: str) -> str:
    (work / name).write_text("x")
    return committed(work)


def test_a_file_below_a_link_is_refused_before_anything_is_written(work: Path, tmp_path: Path) -> None:
    inner = subprocess.run(
        ["git", "-C", work, "mktree"], input=f"100644 blob {blob(work, 'x')}\tfile\n", capture_output=True, text=True
    ).stdout.strip()
    commit = tree_of(work, ("120000", "a", blob(work, "..")), ("040000", "a", inner))
    with pytest.raises(PermissionDenied):
        check_out(work, tmp_path, commit)
    assert not (tmp_path / "file").exists()


def test_counts_and_sizes_are_bounded_before_anything_is_written(work: Path, tmp_path: Path) -> None:
    for number in range(12):
        (work / f"file{number}").write_text("x" * 1000)
    commit = committed(work)
    mirror = tmp_path / "mirror.git"
    assert fetch_commit(Remote(f"file://{work}"), "refs/heads/main", commit, mirror, LIMITS)
    for limits in (Limits(most_files=12), Limits(most_bytes=11_000), Limits(most_file=999), Limits(most_output=100)):
        with pytest.raises(RecastError):
            write_tree(mirror, commit, tmp_path / "out", limits)
        assert not (tmp_path / "out").exists()
    assert write_tree(mirror, commit, tmp_path / "out", LIMITS).files == 13


def test_a_pack_that_is_too_large_is_not_received(work: Path, tmp_path: Path) -> None:
    (work / "noise").write_bytes(os.urandom(3 << 20))
    commit = committed(work)
    with pytest.raises(PermissionDenied, match="too large"):
        fetch_commit(
            Remote(f"file://{work}"), "refs/heads/main", commit, tmp_path / "mirror.git", Limits(most_fetched=1 << 20)
        )
    assert not list((tmp_path / "mirror.git").rglob("tmp_*"))  # the part of it that was received


def test_objects_that_git_fsck_refuses_are_not_received(work: Path, tmp_path: Path) -> None:
    tree = git(work, "write-tree")
    text = f"tree {tree}\nauthor A <a@example.org 1 +0000\ncommitter A <a@example.org> 1 +0000\n\nno bracket\n"
    done = subprocess.run(
        ["git", "-C", work, "hash-object", "-w", "-t", "commit", "--literally", "--stdin"], input=text,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    commit = done.stdout.strip()
    (work / ".git/refs/heads/main").write_text(f"{commit}\n")
    with pytest.raises(PermissionDenied, match="git's own checks"):
        fetch_commit(Remote(f"file://{work}"), "refs/heads/main", commit, tmp_path / "mirror.git", LIMITS)


def test_tag_objects_are_peeled(work: Path, tmp_path: Path) -> None:
    commit = committed(work)
    git(work, "tag", "-a", "v1", "-m", "one")
    git(work, "tag", "light")
    heads = heads_of(Remote(f"file://{work}"), tmp_path)
    assert heads["refs/tags/v1"].commit == heads["refs/tags/light"].commit == heads["refs/heads/main"].commit == commit
    assert heads["refs/tags/v1"].object == git(work, "rev-parse", "v1") != commit
    assert check_out(work, tmp_path, commit, "refs/tags/v1").files == 1


def test_a_ref_that_has_moved_on_gives_the_commit_or_says_so(work: Path, tmp_path: Path) -> None:
    first = committed(work)
    git(work, "commit", "--quiet", "--amend", "-m", "rewritten")
    remote, mirror = Remote(f"file://{work}"), tmp_path / "mirror.git"
    gone = fetch_commit(remote, "refs/heads/main", "12" * 20, mirror, LIMITS)
    assert gone is False
    git(work, "config", "uploadpack.allowAnySHA1InWant", "true")
    assert fetch_commit(remote, "refs/heads/main", first, mirror, LIMITS)


def test_a_repository_that_is_not_there_at_the_moment_does_not_say_that_a_commit_is_gone(
    work: Path, tmp_path: Path
) -> None:
    # "Superseded" would be the last word about a commit that is still the head of its branch.
    commit = committed(work)
    away = work.rename(tmp_path / "away")
    with pytest.raises(NotFound):
        fetch_commit(Remote(f"file://{work}"), "refs/heads/main", commit, tmp_path / "mirror.git", LIMITS)
    away.rename(work)
    assert fetch_commit(Remote(f"file://{work}"), "refs/heads/main", commit, tmp_path / "mirror.git", LIMITS)


def test_a_port_is_no_status(tmp_path: Path) -> None:
    with socket.socket() as taken:
        port = next(port for port in (*range(40100, 40199), *range(40300, 40399)) if _binds(taken, port))
        with pytest.raises(NetworkError) as caught:  # nobody listens at a port with 401 or 403 in it
            fetch_commit(
                Remote(f"http://127.0.0.1:{port}/x.git"), "refs/heads/main", "12" * 20, tmp_path / "mirror.git", LIMITS
            )
    assert caught.value.code != "permission.server"


def _binds(taken: socket.socket, port: int) -> bool:
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_a_connection_that_tears_is_no_fault_of_the_repository(work: Path, tmp_path: Path) -> None:
    (work / "noise").write_bytes(os.urandom(1 << 18))
    commit, mirror = committed(work), tmp_path / "mirror.git"
    with smart_http(tmp_path, most_bytes=1 << 17) as (url, _), pytest.raises(NetworkError):
        fetch_commit(Remote(f"{url}/work/.git"), "refs/heads/main", commit, mirror, LIMITS)
    with smart_http(tmp_path) as (url, _):
        assert fetch_commit(Remote(f"{url}/work/.git"), "refs/heads/main", commit, mirror, LIMITS)


def test_a_tree_that_unfolds_without_end_is_refused(work: Path, tmp_path: Path) -> None:
    # Ten folders, each with ten times the same folder, seven deep: some kilobytes of objects, ten million paths.
    entries = "".join(f"100644 blob {blob(work, 'x')}\tfile{i}\n" for i in range(10))
    for _ in range(7):
        made = subprocess.run(
            ["git", "-C", work, "mktree"], input=entries, capture_output=True, text=True, check=True
        ).stdout.strip()
        entries = "".join(f"040000 tree {made}\tfolder{i}\n" for i in range(10))
    commit = git(work, "commit-tree", made, "-m", "a bomb")
    git(work, "update-ref", "refs/heads/main", commit)
    with pytest.raises(PermissionDenied, match="more than"):
        check_out(work, tmp_path, commit, limits=Limits(seconds=60, most_output=1 << 20))
    assert not (tmp_path / "out").exists()


def test_a_damaged_mirror_is_made_anew(work: Path, tmp_path: Path) -> None:
    commit = committed(work)
    check_out(work, tmp_path, commit)
    mirror = tmp_path / "mirror.git"
    (mirror / "shallow.lock").touch()  # of a git that was killed
    (work / "second").touch()
    second = committed(work)
    assert fetch_commit(Remote(f"file://{work}"), "refs/heads/main", second, mirror, LIMITS)
    assert fetch_commit(Remote(f"file://{work}"), "refs/heads/main", second, mirror, LIMITS)


def test_an_empty_repository_has_no_heads_and_none_is_an_error(work: Path, tmp_path: Path) -> None:
    assert heads_of(Remote(f"file://{work}"), tmp_path) == {}
    with pytest.raises((NotFound, InfrastructureError)):
        heads_of(Remote(f"file://{tmp_path}/nothing"), tmp_path)


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c id", "ssh://host/x", "git@host:x", "/path", "file://host/x", "https://user:pw@host/x", "https:///x",
     "https://-oProxy/x", "https://host/x?y", "https://host", "http::https://x/y", "https://host/x\ny", "-x", "https://[x/y"],
)  # fmt: skip
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        Remote(url)


def test_a_token_is_in_no_argument_and_only_for_its_url() -> None:
    remote = Remote("https://forge.example.org/group/analysis.git", "a-token-0123456789")
    env = environment(remote)
    held = [name for name, value in env.items() if remote.header() == value]
    assert len(held) == 1
    assert env[held[0].replace("VALUE", "KEY")] == f"http.{remote.url}.extraHeader"
    assert "a-token" not in repr(remote)
    with pytest.raises(UsageError, match="not allowed"):
        Remote("http://forge.example.org/group/analysis.git", "a-token-0123456789")


def test_only_the_protocol_of_the_url_is_allowed(work: Path, tmp_path: Path) -> None:
    commit = committed(work)
    other = Remote("https://forge.example.org/x.git")
    answer = run_git(["ls-remote", f"file://{work}"], tmp_path, LIMITS, other)
    assert answer.code != 0 and "not allowed" in answer.err
    assert commit not in answer.out.decode()


def test_a_git_that_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe/fifo")
    with pytest.raises(InfrastructureError, match="was ended"):
        run_git(["hash-object", "fifo"], tmp_path / "pipe", Limits(seconds=0.5))


@pytest.mark.slow
def test_a_repository_of_100_000_files_is_checked_out_or_refused(work: Path, tmp_path: Path) -> None:
    lines = [f"M 100644 inline d{n % 300}/f{n}\ndata 2\nx\n" for n in range(100_000)]
    person = "committer A <a@example.org> 1 +0000\ndata 1\nx\n"
    text = f"commit refs/heads/main\n{person}" + "".join(lines)
    subprocess.run(["git", "-C", work, "fast-import", "--quiet"], input=text.encode(), check=True)
    commit = git(work, "rev-parse", "main")
    assert check_out(work, tmp_path, commit).files == 100_000
    with pytest.raises(PermissionDenied, match="more than 99,999 files"):
        write_tree(tmp_path / "mirror.git", commit, tmp_path / "again", Limits(most_files=99_999))
    digest = hashlib.sha256((tmp_path / "out/d7/f7").read_bytes()).hexdigest()
    assert digest == hashlib.sha256(b"x\n").hexdigest()
