"""Nothing that a job does, or that is asked for it, reaches the root folder that all jobs of an image share."""

import pytest
from tinyroot import make_root

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import Bind, FailureClass
from recast.runtimes import runtime_by_name
from recast.worker.cache.stamp import stamp_of

IMAGE = "sha256:" + "0" * 64


@pytest.fixture
def root(tmp_path):
    root = make_root(tmp_path / "root")
    (root / "data").mkdir()
    (root / "data/there").write_text("there\n")
    return root


@pytest.fixture
def case(root, tmp_path, tmp_path_factory):
    worker = tmp_path_factory.getbasetemp() / "worker"
    runtime = runtime_by_name("bubblewrap")
    return Case(
        lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, lambda _: str(root), worker),
        tmp_path / "store",
        IMAGE,
    )


def outcome(case, root, command, outputs=(), **changed):
    """Run a job; whatever comes of it, the root is as it was."""
    before = stamp_of(str(root))
    (status,) = case.run(case.job(command, outputs, **changed))
    assert stamp_of(str(root)) == before
    return status.outcome


def said(case, root, command, **changed):
    ended = outcome(case, root, f"{{ {command}; }} > x 2>&1; true", ["x"], **changed)
    assert ended.succeeded, ended
    return case.blob(ended.outputs[0].digest).read_text()


def test_texts_lie_where_the_image_has_nothing(case, root):
    texts = {"/code/deep/a.json": "a\n", "/data/b": "b\n", "/c": "c\n", "/tmp/d": "d\n"}
    assert said(case, root, "cat /code/deep/a.json /data/b /data/there /c /tmp/d", texts=texts) == "a\nb\nthere\nc\nd\n"


def test_what_was_made_for_one_job_is_not_there_for_the_next(case, root):
    said(case, root, "cat /bin/sh.cfg", texts={"/bin/sh.cfg": "x"})
    assert "No such file" in said(case, root, "cat /bin/sh.cfg")


def test_a_text_over_a_file_of_the_image_is_seen_by_this_job_alone(case, root):
    assert said(case, root, "cat /data/there", texts={"/data/there": "mine\n"}) == "mine\n"
    assert said(case, root, "cat /data/there") == "there\n"


def test_the_folders_that_were_shown_anew_are_read_only(case, root):
    told = said(
        case, root, "for f in / /code /data /bin /dev; do echo > $f/new; done", texts={"/code/a": "", "/data/b": ""}
    )
    assert told.count("Read-only") == 5, told


def test_binds_find_a_place_too(case, root, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("bound\n")
    binds = (Bind(str(tmp_path / "mine"), "/eos/mine", writable=True),)
    assert said(case, root, "cat /eos/mine/file; echo new > /eos/mine/new", binds=binds) == "bound\n"
    assert (tmp_path / "mine/new").exists()


@pytest.mark.parametrize("place", ["/eos/text", "/way/out/x", "/lnk", "/etc/passwd/x", "/proc/x", "/recast/run", "/"])
def test_what_has_no_place_is_the_specs_fault_at_once(case, root, tmp_path, place):
    (tmp_path / "host").mkdir()
    (root / "way").mkdir()
    (root / "way/out").symlink_to(f"/oldroot{tmp_path}/host")
    (root / "lnk").symlink_to("data/there")
    (tmp_path / "mine").mkdir()
    ended = outcome(
        case, root, "true", texts={place: "x"}, binds=(Bind(str(tmp_path / "mine"), "/eos", writable=True),)
    )
    assert ended.failure is FailureClass.SPEC, ended
    assert not list((tmp_path / "host").iterdir()) and not list((tmp_path / "mine").iterdir())


def test_a_link_as_resolv_conf_leads_nowhere(case, root, tmp_path):
    (root / "etc/resolv.conf").symlink_to(f"/oldroot{tmp_path}/planted")
    told = said(case, root, "cat /etc/passwd; test -L /etc/resolv.conf || echo plain", network=True)
    assert told.startswith("root:") and told.endswith("plain\n")
    assert not (tmp_path / "planted").exists()


def test_a_root_without_any_mount_point_will_do(case, root):
    for name in ("proc", "dev", "tmp"):
        (root / name).rmdir()
    assert said(case, root, "echo $((1 + 1)); ls -d /proc/1 /dev/null /tmp").split() == [
        "2",
        "/dev/null",
        "/proc/1",
        "/tmp",
    ]


def test_a_text_as_resolv_conf_is_not_hidden_by_the_hosts(case, root):
    assert said(case, root, "cat /etc/resolv.conf", network=True, texts={"/etc/resolv.conf": "mine\n"}) == "mine\n"


def test_a_folder_to_start_in_that_the_image_lacks_is_no_trouble_that_passes(case, root):
    ended = outcome(case, root, "true", cwd="/not/there")
    assert ended.failure is FailureClass.SPEC and "/not/there" in ended.message, ended
