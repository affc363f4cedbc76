"""The bill of materials: what is in it, that CycloneDX accepts it, that it is the same each time."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from recast.errors import ImageCorrupt, ImageError, NotFound
from recast.images import ImageStore, verify
from recast.images.contents.sbom import SBOM_TYPE, attach_sbom, find_sbom, make_sbom, read_sbom
from recast.images.reference import note_name
from tests.conftest import ROOT, Recast
from tests.images.handmade import image, item, tar
from tests.waiting import BOUND_S

STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 1:2.36-9+deb12u1
Description: a library
 Version: not this one

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: python3
Status: install ok installed
Architecture: amd64
Version: 3.11.2-1
"""
METADATA = """Metadata-Version: 2.4
Name: {name}
Version: {version}
License-Expression: {licence}

Name: a description may say anything
"""
LOCK = f"""# a comment
typing_extensions==4.16.0 \\
    --hash=sha256:{"a" * 64}
two==1.0 --hash=sha256:{"b" * 64} --hash=sha256:{"c" * 64}
"""
SITE = "usr/lib/python3/dist-packages"


def lower() -> bytes:
    return tar(
        item("file", "usr/lib/os-release", b'ID=debian\nVERSION_ID="12"\n'),
        item("link", "etc/os-release", link="/etc/shadow"),
        item("file", "var/lib/dpkg/status", STATUS.encode()),
        item("file", "usr/share/doc/libc6/copyright", b"Format: x\nLicense: LGPL-2.1+\n\nLicense: GPL-2\n text\n"),
        item(
            "file",
            f"{SITE}/old-1.0.dist-info/METADATA",
            METADATA.format(name="old", version="1", licence="MIT").encode(),
        ),
    )


def upper() -> bytes:
    extensions = METADATA.format(name="Typing_Extensions", version="4.16.0", licence="PSF-2.0").encode()
    return tar(
        item("file", f"{SITE}/.wh.old-1.0.dist-info"),
        item("file", f"{SITE}/typing_extensions-4.16.0.dist-info/METADATA", extensions),
        item(
            "file",
            f"{SITE}/two.egg-info",
            b"Name: two\nVersion: 1.0\nLicense: BSD\nClassifier: License :: OSI Approved\n\n",
        ),
        item("file", "opt/recast/requirements.lock", LOCK.encode()),
    )


def make(store: ImageStore) -> tuple[str, dict[str, Any]]:
    digest = image(store, lower(), upper(), compress=True)
    store.tag("test/image:1", digest)
    return digest, make_sbom(store, "test/image:1", digest, {"test/base:1": "sha256:" + "d" * 64}, "sha256:" + "e" * 64)


def test_what_is_in_it(store: ImageStore) -> None:
    digest, document = make(store)
    parts = {part["purl"]: part for part in document["components"]}
    assert sorted(parts) == [
        "pkg:deb/debian/libc6@1%3A2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12",
        "pkg:deb/debian/python3@3.11.2-1?arch=amd64&distro=debian-12",
        "pkg:pypi/two@1.0",
        "pkg:pypi/typing-extensions@4.16.0",
    ]
    libc, _, two, extensions = (parts[purl] for purl in sorted(parts))
    assert libc["licenses"] == [{"license": {"name": "GPL-2"}}, {"license": {"name": "LGPL-2.1+"}}]
    assert two["licenses"] == [{"license": {"name": "BSD"}}]
    assert "hashes" not in two  # two archives would do
    assert extensions["licenses"] == [{"expression": "PSF-2.0"}]
    assert extensions["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    subject = document["metadata"]["component"]
    assert subject["version"] == digest
    assert subject["pedigree"]["ancestors"][0]["version"] == "sha256:" + "d" * 64
    assert {"name": "recast:recipe", "value": "sha256:" + "e" * 64} in subject["properties"]


VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()) or "") or 0)
"""


def validate(document: bytes) -> None:
    python = ROOT / ".venv-sbom/bin/python"
    assert python.exists(), "the validator is missing; type: make setup-test"
    done = subprocess.run([python, "-c", VALIDATE], input=document, capture_output=True, check=False, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr.decode()


def test_cyclonedx_accepts_it(store: ImageStore) -> None:
    _, document = make(store)
    validate(json.dumps(document).encode())
    empty = image(store, tar(item("file", "f")))
    validate(json.dumps(make_sbom(store, "image", empty)).encode())


def test_it_is_the_same_elsewhere(store: ImageStore, tmp_path: Path) -> None:
    other = ImageStore(tmp_path / "other")
    (digest, document), (again, same) = make(store), make(other)
    assert attach_sbom(store, "test/image:1", digest, document) == attach_sbom(other, "test/image:1", again, same)


def test_it_is_kept_as_an_artifact_about_the_image(store: ImageStore) -> None:
    digest, document = make(store)
    with pytest.raises(NotFound):
        read_sbom(store, digest)
    artifact = attach_sbom(store, "test/image:1", digest, document)
    assert find_sbom(store, digest) == artifact
    assert json.loads(read_sbom(store, digest)) == document
    name = f"test/image:sha256-{digest[7:]}.sbom"
    argv = ["skopeo", "inspect", "--raw", f"oci:{store.root}:{name}"]
    seen = json.loads(subprocess.run(argv, capture_output=True, check=True, timeout=BOUND_S).stdout)
    assert (seen["artifactType"], seen["subject"]["digest"]) == (SBOM_TYPE, digest)
    assert verify(store) == []


def test_a_layer_that_is_not_what_it_says(store: ImageStore) -> None:
    digest, _ = make(store)
    layer = store.manifest(digest).layers[0]
    other = store.add_blob([lower() + bytes(512)], layer.media_type)
    store.blob_path(other.digest).replace(store.blob_path(layer.digest))
    with pytest.raises(ImageCorrupt):
        make_sbom(store, "test/image:1", digest)


def test_the_command(recast: Recast, home: Path, tmp_path: Path) -> None:
    store = ImageStore(home / "images")
    digest, _ = make(store)
    for ref in ("test/image:1", digest):
        said = recast("image", "sbom", ref)
        assert said.code == 0
        assert said.json["metadata"]["component"]["name"] == "test/image"
        validate(said.out.encode())
    assert [row["name"] for row in recast("image", "ls", "-o", "json").json["images"]] == ["test/image:1"]
    assert recast("image", "sbom", "test/none:1").code == 6
    pin = {
        "digest": digest,
        "platform": "linux/amd64",
        "size": 1,
        "resolved": "2026-01-01T00:00:00Z",
        "source": "build",
    }
    (tmp_path / "images.lock.json").write_text(json.dumps({"version": 1, "images": {"test/image:1": pin}}))
    assert recast("image", "sbom", tmp_path).code == 0
    validate((tmp_path / "sbom.test_image_1.cdx.json").read_bytes())


def test_what_is_about_another_image_or_of_another_kind_is_no_sbom(store: ImageStore) -> None:
    mine, other = image(store, lower()), image(store, tar(item("file", "a", b"x")))
    of_other = attach_sbom(store, "a/b:1", other, {"bomFormat": "CycloneDX"})
    store.tag(note_name("a/b:1", mine, "sbom"), of_other)
    with pytest.raises(ImageError, match="is none"):
        read_sbom(store, mine)
    kind = {**json.loads(store.read_document(of_other)), "artifactType": "application/vnd.recast.statement.v1+json"}
    store.tag(note_name("a/b:1", other, "sbom"), store.add_json(kind, kind["mediaType"]).digest)
    with pytest.raises(ImageError, match="is none"):
        read_sbom(store, other)
