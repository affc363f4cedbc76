"""Input archives: unpacked once, safely; a remote one is fetched once, checked and recorded."""

import hashlib
import io
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recast.errors import InputError, NetworkError, NotFound, PermissionDenied
from recast.remote.archive import input_archive
from tests.remote.loopback import Reply, tarball

FILES = {"top/examples/inputdata/a.txt": "A", "top/examples/inputdata/sub/b.txt": "B", "top/README.md": "r"}


def zipped(files, **infos):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, mode in infos.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "target")
    return buffer.getvalue()


def zipped_pairs(pairs):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in pairs:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def packed(tmp_path):
    def write(content, name="inputs.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("data", [zipped(FILES), tarball(FILES, top="")])
def test_unpacked_whole(packed, data):
    assert content(input_archive(str(packed(data))).path) == FILES


@pytest.mark.parametrize("data", [zipped(FILES), tarball(FILES, top="")])
@pytest.mark.parametrize("match", ["*/examples/inputdata/", "top/examples/inputdata"])
def test_unpacked_below_a_match(packed, data, match):
    found = input_archive(str(packed(data)), match)
    assert content(found.path) == {"a.txt": "A", "sub/b.txt": "B"}
    assert found.as_json()["match"].endswith("inputdata/")


@pytest.mark.parametrize(("match", "told"), [("*/inputs/", "Its folders are: top/"), ("*", "They are: top/")])
def test_a_match_must_fit_one_folder(packed, match, told):
    with pytest.raises(InputError) as caught:
        input_archive(str(packed(zipped(FILES))), match)
    assert caught.value.code == "inputs.archive-match"
    assert told in caught.value.why


def test_plain_tar_and_executable_files(packed):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("run.sh")
        info.mode, info.size = 0o755, 2
        archive.addfile(info, io.BytesIO(b"#!"))
    found = input_archive(str(packed(buffer.getvalue(), "inputs.tar")))
    assert (found.path / "run.sh").stat().st_mode & stat.S_IXUSR


def test_unpacked_once(packed):
    path = packed(zipped(FILES))
    first, again = input_archive(str(path)), input_archive(str(path))
    assert first == again
    assert first.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def link(target="x"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo(f"link{kind}")
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return buffer.getvalue()


def encrypted():
    data = bytearray(zipped({"a": "A"}))
    data[6] |= 1  # the flag in the local header, then in the directory
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


HOSTILE = {
    "climbs": (zipped({"../evil": "x"}), "leads out"),
    "climbs in tar": (tarball({"a/../../evil": "x"}, top=""), "leads out"),
    "absolute": (zipped({"/etc/evil": "x"}), "absolute"),
    "backslash": (zipped({"..\\evil": "x"}), "backslash"),
    "control": (zipped({"a\x1b[2J": "x"}), "control"),
    "long": (zipped({"a" * 300: "x"}), "too long"),
    "symlink": (zipped({}, evil=stat.S_IFLNK | 0o777), "is a link"),
    "links in tar": (link("/etc/passwd"), "is a link"),
    "device": (zipped({}, evil=stat.S_IFCHR | 0o666), "is a device"),
    "file and folder": (zipped({"a": "1", "a/b": "2"}), "wo members"),
    "folder and file": (zipped({"a/b": "2", "a": "1"}), "wo members"),
    "one name in two spellings": (zipped({"a": "1", "./a": "2"}), "wo members"),
    "bomb": (zipped({"zeros": b"\0" * (80 << 20)}), "bomb"),
    "bomb in tar": (tarball({"zeros": b"\0" * (80 << 20)}), "bomb"),
    "encrypted": (encrypted(), "encrypted"),
    "nameless": (zipped({"Q": "x"}).replace(b"Q", b"\0"), "no name"),
    "cut off": (zipped({"a": "A" * 1000})[:-30], "damaged"),
    "cut off tar": (tarball({"a": "A" * 1000})[:-30], "damaged"),
    "no archive": (b"<html>please log in</html>", "neither zip nor tar"),
    "empty file": (b"", "neither zip nor tar"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(packed, tmp_path, what):
    data, told = HOSTILE[what]
    path = packed(data)
    with pytest.raises(InputError) as caught:
        input_archive(str(path))
    assert told in caught.value.why
    assert caught.value.where == str(path)
    assert not list(tmp_path.rglob("*evil*"))
    assert not list((tmp_path / "cache").rglob(".new-*"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(packed):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    with pytest.raises(InputError, match="cannot be unpacked") as caught:
        input_archive(str(packed(buffer.getvalue())))
    assert "wo members are called 'a'" in caught.value.why


def test_too_many_members(packed, monkeypatch):
    monkeypatch.setattr("recast.remote.archive.BOUNDS", type(input_archive.__globals__["BOUNDS"])(3, 1 << 20))
    with pytest.raises(InputError) as caught:
        input_archive(str(packed(zipped({f"{i}": "x" for i in range(4)}))))
    assert "more than 3 members" in caught.value.why


def test_a_huge_list_of_members(packed, monkeypatch):
    monkeypatch.setattr("recast.remote.members.MOST_DIRECTORY_BYTES", 100)
    with pytest.raises(InputError) as caught:
        input_archive(str(packed(zipped({f"{i}": "x" for i in range(4)}))))
    assert "list of members" in caught.value.why


@given(names=st.lists(st.text("ab./\\\0é\x1b", min_size=1, max_size=12), max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_name_leads_out(tmp_path, names):
    """Whatever the members are called: all files lie inside, or the archive is refused."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as place:
        packed = Path(place, "in.zip")
        packed.write_bytes(zipped_pairs([(name, "x") for name in names if not name.startswith("\0")]))
        outside = sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
        try:
            found = input_archive(str(packed))
        except InputError:
            found = None
        assert outside == sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
        assert found is None or all(path.resolve().is_relative_to(found.path) for path in found.path.rglob("*"))


def test_without_files(packed):
    with pytest.raises(InputError, match="no files"):
        input_archive(str(packed(zipped({}))))


def test_not_there(tmp_path):
    with pytest.raises(NotFound):
        input_archive(str(tmp_path / "no.zip"))


def test_a_checksum(packed):
    path = packed(zipped(FILES))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert input_archive(f"{path}#sha256={sha256}").sha256 == sha256
    for wrong in ("0" * 64, "abc"):
        with pytest.raises(InputError) as caught:
            input_archive(f"{path}#sha256={wrong}")
        assert caught.value.code == "inputs.checksum"


def test_remote_is_fetched_once_if_the_server_says_so(server):
    url = server.add("/inputs.zip", Reply(zipped(FILES), headers={"ETag": '"1"'}), Reply(b"", 304))
    first, again = input_archive(url), input_archive(url)
    assert (again.path, again.fetched) == (first.path, first.fetched)
    assert server.seen[1].headers["if-none-match"] == '"1"'


def test_remote_with_a_checksum_is_not_asked_again(server):
    data = zipped(FILES)
    url = server.add("/inputs.zip", data) + f"#sha256={hashlib.sha256(data).hexdigest()}"
    first, again = input_archive(url), input_archive(url)
    assert first.path == again.path
    assert len(server.seen) == 1


def test_remote_that_changed(server):
    url = server.add("/inputs.zip", zipped(FILES), zipped({"new": "n"}))
    assert input_archive(url).sha256 != input_archive(url).sha256


def test_remote_without_a_network(server):
    url = server.add("/inputs.zip", zipped(FILES), Reply(b"", 500))
    first, again = input_archive(url), input_archive(url)
    assert again.path == first.path
    assert f"continuing with the archive of {first.fetched}" in again.note


def test_remote_troubles(server):
    with pytest.raises(NotFound):
        input_archive(f"{server.url}/no.zip")
    with pytest.raises(NetworkError):
        input_archive(server.add("/x.zip", Reply(b"", 500)))
    with pytest.raises(PermissionDenied):
        input_archive(server.add("/y.zip", zipped(FILES)), named=())


def test_the_record_holds_no_secret(server):
    url = server.add("/inputs.zip?private_token=abc&sha=master", zipped(FILES))
    assert input_archive(url).as_json()["location"].endswith("private_token=***&sha=master")


# -- few bytes that make many folders


def tar_gz(names):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return buffer.getvalue()


DEEP = ["/".join([f"{number}", *("x" * 400)]) + "/f" for number in range(370)]
WIDE = [f"{number}/" + "/".join("abcdefghijklmnopqrst") + "/f" for number in range(7_000)]
EMPTY = [f"{number}/" + "/".join("abcdefghijklmnopqrstuvwxyz") + "/" for number in range(5_000)]


@pytest.mark.parametrize("names", [DEEP, WIDE, EMPTY], ids=["deep", "wide", "folders"])
@pytest.mark.parametrize("match", [None, "*/"])
@pytest.mark.parametrize("pack", [tar_gz, lambda names: zipped(dict.fromkeys(names, ""))], ids=["tar.gz", "zip"])
def test_few_bytes_that_make_many_folders(packed, tmp_path, monkeypatch, names, match, pack):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    with pytest.raises(InputError) as caught:
        input_archive(str(packed(pack(names))), match)
    assert "folders" in caught.value.why
    assert sum(path.is_dir() for path in (tmp_path / "home").rglob("*")) < 2_000


def test_many_folders_of_many_files_are_no_bomb(packed, tmp_path, monkeypatch):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    files = {f"run{number:04}/cards/param/card.dat": "x" for number in range(600)}
    assert content(input_archive(str(packed(zipped(files)))).path) == files


def test_more_members_than_a_reader_keeps_in_memory(packed, monkeypatch):
    monkeypatch.setattr("recast.remote.members.MOST_MEMBERS", 3)
    with pytest.raises(InputError) as caught:
        input_archive(str(packed(zipped({f"{i}": "x" for i in range(4)}))))
    assert "more than 3 members" in caught.value.why
