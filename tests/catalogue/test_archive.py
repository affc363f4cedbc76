"""The archive: one file, the same bytes each time, read by skopeo, and back again without any network."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import tarfile

import pytest
from catalogue_parts import BusyboxCheckout, busybox_entry

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.catalogue.transfer.export_archive import export_archive
from recast.catalogue.transfer.import_archive import import_archive
from recast.errors import EntryError, InputError, RecastError
from recast.images import ImageStore
from recast.images.contents.sbom import attach_sbom, find_sbom
from recast.images.manifest import MANIFEST_TYPE
from recast.images.reference import note_name
from tests.registry.real import skopeo


@pytest.fixture
def images(tmp_path):
    return ImageStore(tmp_path / "images")


@pytest.fixture
def version(tmp_path, images, catalogue):
    return publish(BusyboxCheckout(tmp_path / "checkout", images).entry, catalogue.store).version


@pytest.fixture
def archive(tmp_path, version, images):
    export_archive(version, images, tmp_path / "a.tar")
    return tmp_path / "a.tar"


@pytest.fixture
def elsewhere(tmp_path):
    return Catalogue(tmp_path / "elsewhere/catalogue"), ImageStore(tmp_path / "elsewhere/images")


def files_of(*stores) -> dict[str, bytes]:
    """All blobs and indexes; what is only a lock or a temporary is left out."""
    roots = [getattr(store, "root", None) or store.store.root for store in stores]
    paths = [path for root in roots for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {str(path): path.read_bytes() for path in paths}


def names_of(*stores) -> list[dict[str, str]]:
    return [store.names() if isinstance(store, ImageStore) else store.store.names() for store in stores]


def test_the_same_version_gives_the_same_bytes_and_comes_back_bit_for_bit(
    archive, version, images, elsewhere, tmp_path
):
    (done,) = import_archive(archive, *elsewhere)
    assert done.new
    assert done.version == version
    assert set(done.images) == set(version.pins)
    again = tmp_path / "again.tar"
    export_archive(done.version, elsewhere[1], again)
    assert again.read_bytes() == archive.read_bytes()
    before = files_of(*elsewhere)
    assert not import_archive(archive, *elsewhere)[0].new
    assert files_of(*elsewhere) == before


def test_skopeo_reads_the_same_digests(archive, version):
    raw = skopeo("inspect", "--raw", f"oci-archive:{archive}:tiny-1:1.0.0")
    assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == version.digest
    for name, digest in version.pins.items():
        assert json.loads(skopeo("inspect", f"oci-archive:{archive}:{name}"))["Digest"] == digest


def test_a_reader_in_2040_is_told_what_this_is_and_how_to_run_it(archive, version):
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
        readme = opened.extractfile("README.md").read().decode()
        lock = json.load(opened.extractfile("images.lock.json"))
    assert members[0].name == "README.md"
    assert {(it.mtime, it.uid, it.gid, it.uname) for it in members} == {(0, 0, 0, "")}
    assert {name: pin["digest"] for name, pin in lock["images"].items()} == dict(version.pins)
    for words in [version.digest, "recast catalogue import", "without RECAST", "`workflow.yml`", "sha256sum", "skopeo"]:
        assert words in readme
    for digest in version.files.values():
        assert f"blobs/sha256/{digest[7:]}" in readme


def test_without_images_it_says_so(version, elsewhere, tmp_path):
    export_archive(version, None, tmp_path / "small.tar")
    (done,) = import_archive(tmp_path / "small.tar", *elsewhere)
    assert done.missing == tuple(version.pins)
    with tarfile.open(tmp_path / "small.tar") as opened:
        assert "**not** in this file" in opened.extractfile("README.md").read().decode()


def test_what_skopeo_wrote_is_read_too(archive, elsewhere, version, tmp_path):
    bundle = next(name for name in names_in(archive) if name.startswith("tiny-1:1.0.0_"))
    copy = tmp_path / "copy.tar"
    skopeo("copy", "--all", "--preserve-digests", f"oci-archive:{archive}:{bundle}", f"oci-archive:{copy}:any")
    (done,) = import_archive(copy, *elsewhere)
    assert done.version.digest == version.digest
    assert set(done.images) == set(version.pins)


def names_in(archive) -> list[str]:
    with tarfile.open(archive) as opened:
        entries = json.load(opened.extractfile("index.json"))["manifests"]
    return [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in entries]


def test_each_flipped_byte_is_found_named_and_changes_nothing(archive, elsewhere, tmp_path):
    with tarfile.open(archive) as opened:
        blobs = [member for member in opened.getmembers() if member.name.startswith("blobs/sha256/") and member.size]
    assert len(blobs) >= 12
    content = archive.read_bytes()
    for member in blobs:
        bad = tmp_path / "bad.tar"
        at = member.offset_data + member.size // 2
        bad.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(InputError) as caught:
            import_archive(bad, *elsewhere)
        assert member.name.rpartition("/")[2] in caught.value.why
        assert caught.value.code == "archive.unsound"
        assert names_of(*elsewhere) == [{}, {}]


def test_after_a_failed_import_a_repeated_one_goes_on(archive, elsewhere, version, tmp_path):
    bad = tmp_path / "bad.tar"
    bad.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(InputError, match="not a valid archive"):
        import_archive(bad, *elsewhere)
    assert import_archive(archive, *elsewhere)[0].version.digest == version.digest


def test_another_version_under_the_number_is_refused_and_left_alone(archive, version, elsewhere, tmp_path):
    checkout = BusyboxCheckout(tmp_path / "other", ImageStore(tmp_path / "other-images"))
    checkout.write_entry(busybox_entry({"/title": "Mine"}))
    mine = publish(checkout.entry, elsewhere[0].store).version
    with pytest.raises(EntryError) as caught:
        import_archive(archive, *elsewhere)
    assert caught.value.code == "version.immutable"
    assert elsewhere[0].get("tiny-1") == mine


def tar_of(*members: tuple[str, bytes | tarfile.TarInfo]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(content, bytes) else content
            info.name = name
            info.size = len(content) if isinstance(content, bytes) else 0
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def special(kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, link
    return info


LAYOUT = ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
EMPTY = ("index.json", b'{"schemaVersion":2,"manifests":[]}')


def index_of(*entries: dict) -> tuple[str, bytes]:
    return ("index.json", json.dumps({"schemaVersion": 2, "manifests": list(entries)}).encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "oci-layout is missing"),
        (b"nonsense" * 200, "malformed"),
        (tar_of(LAYOUT), "index.json is missing"),
        (tar_of(LAYOUT, EMPTY), "no version"),
        (tar_of(LAYOUT, ("index.json", b"[")), "not an index"),
        (tar_of(LAYOUT, ("index.json", b'{"manifests": 3}')), "not an index"),
        (tar_of(LAYOUT, ("index.json", b" " * (5 << 20))), "too large"),
        (tar_of(("oci-layout", b'{"imageLayoutVersion":"2.0.0"}'), EMPTY), "version 1"),
        (tar_of(("../outside", b"x"), LAYOUT, EMPTY), "leads out"),
        (tar_of(("/etc/passwd", b"x"), LAYOUT, EMPTY), "leads out"),
        (tar_of(LAYOUT, EMPTY, ("blobs/sha256/../../../x", b"x")), "leads out"),
        (tar_of(LAYOUT, EMPTY, EMPTY), "two of its members"),
        (tar_of(LAYOUT, ("index.json", special(tarfile.SYMTYPE, "/etc/passwd"))), "link or a device"),
        (tar_of(LAYOUT, ("index.json", special(tarfile.LNKTYPE, "oci-layout"))), "link or a device"),
        (tar_of(LAYOUT, ("x", special(tarfile.CHRTYPE))), "link or a device"),
        (tar_of(LAYOUT, index_of({"digest": "sha256:zz", "size": 1})), "not an index"),
        (
            tar_of(
                LAYOUT,
                index_of(
                    {
                        "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "digest": "sha256:" + "a" * 64,
                        "size": 1 << 60,
                    }
                ),
            ),
            "missing",
        ),
    ],
)
def test_hostile_archives_are_refused(content, words, tmp_path, elsewhere):
    file = tmp_path / "hostile.tar"
    file.write_bytes(content)
    with pytest.raises(RecastError) as caught:
        import_archive(file, *elsewhere)
    assert caught.value.code == "archive.unsound"
    assert words in caught.value.why.lower()
    assert not elsewhere[0].store.root.exists()
    assert not elsewhere[1].root.exists()


def test_indexes_that_name_indexes_without_end_are_refused(tmp_path, elsewhere):
    kind = "application/vnd.oci.image.index.v1+json"
    members, child = [LAYOUT], {"mediaType": kind, "digest": "sha256:" + "0" * 64, "size": 2}
    for _ in range(10):
        content = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [child]}).encode()
        digest = hashlib.sha256(content).hexdigest()
        members.append((f"blobs/sha256/{digest}", content))
        child = {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}
    (tmp_path / "deep.tar").write_bytes(tar_of(*members, index_of(child)))
    with pytest.raises(InputError, match="not a valid archive") as caught:
        import_archive(tmp_path / "deep.tar", *elsewhere)
    assert "without end" in caught.value.why


def test_exported_imported_and_run_in_a_namespace_without_network(author, machine, tmp_path):
    author.ok("publish", author.checkout.entry)
    mine = author("run", "tiny-1", "--example", "demo")
    assert mine.code == 0, mine.err
    file = tmp_path / "tiny.oci.tar"
    told = author.ok("catalogue", "export", "tiny-1@1.0.0", "--with-images", file)
    assert told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    unshare = (
        ["unshare", "-rn"] if subprocess.run(["unshare", "-n", "true"], check=False).returncode else ["unshare", "-n"]
    )
    assert shutil.which("unshare")
    other = machine("offline", tuple(unshare))
    links = subprocess.run([*unshare, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    assert [line.split(":")[0].strip() for line in links.splitlines()[2:]] == ["lo"]
    (imported,) = other.ok("catalogue", "import", file)
    assert imported["new"]
    theirs = other("run", "tiny-1@1.0.0", "--example", "demo")
    assert theirs.code == 0, theirs.err
    assert other.ok("results", theirs.out.strip())["results"] == author.ok("results", mine.out.strip())["results"]


EXPORT = """
import os, signal, sys
from pathlib import Path
from recast.catalogue import Catalogue
from recast.catalogue.transfer import export_archive as archive
write = archive._write
def stop(contents, stream):
    write(contents, stream)
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
archive._write = stop
version = Catalogue(Path(sys.argv[1])).get("tiny-1")
archive.export_archive(version, None, Path(sys.argv[2]))
"""


def test_a_killed_export_leaves_nothing(version, catalogue, tmp_path):
    (tmp_path / "out").mkdir()
    done = subprocess.run([sys.executable, "-c", EXPORT, catalogue.store.root, tmp_path / "out/a.tar"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list((tmp_path / "out").iterdir()) == []


def test_what_an_archive_calls_an_sbom_and_is_none_of_its_image_is_left_out(version, images, elsewhere, tmp_path):
    first, second = version.pins.values()
    artifact = attach_sbom(images, "recast/busybox:1", first, {"bomFormat": "CycloneDX"})
    manifest = {**json.loads(images.read_document(artifact)), "artifactType": "application/x-other"}
    other = images.add_json({**manifest, "subject": {**manifest["subject"], "digest": second}}, MANIFEST_TYPE).digest
    images.tag(note_name("recast/other:1", second, "sbom"), other)
    export_archive(version, images, tmp_path / "noted.tar")
    import_archive(tmp_path / "noted.tar", *elsewhere)
    assert find_sbom(elsewhere[1], first) == artifact
    assert find_sbom(elsewhere[1], second) is None


def test_what_a_stranger_wrote_is_told_apart_in_the_readme(tmp_path, images, catalogue):
    bad = "x\x1b[2J\u202e\n- Identity: `sha256:forged`"
    checkout = BusyboxCheckout(tmp_path / "checkout", images)
    notes = {"/references": {"arxiv": bad}, "/versions/0/examples/demo/description": bad}
    checkout.write_entry(busybox_entry({**dict.fromkeys(("/title", "/collaboration", "/abstract"), bad), **notes}))
    export_archive(publish(checkout.entry, catalogue.store).version, images, tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as opened:
        readme = opened.extractfile("README.md").read().decode()
    assert "\x1b" not in readme and "\u202e" not in readme
    assert "\n- Identity: `sha256:forged`" not in readme and "\n> - Identity: `sha256:forged`" in readme


def test_a_strangers_archive_does_not_say_what_an_images_name_means(archive, version, elsewhere, catalogue):
    import_archive(archive, *elsewhere)
    digest = version.pins["recast/busybox:1"]
    names = elsewhere[1].names()
    assert "recast/busybox:1" not in names and names[f"imported/tiny-1:{digest[7:]}"] == digest
