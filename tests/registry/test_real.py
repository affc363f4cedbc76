"""Debian's docker-registry and skopeo and buildah as witnesses: the same digests in both directions."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from recast.errors import NetworkError, NotFound, PermissionDenied
from recast.images import ImageStore, verify
from recast.registry import Registry
from tests.images.handmade import image, item, tar
from tests.registry.real import PASSWORD, USER, Real, skopeo
from tests.waiting import BOUND_S


def two_layers(store: ImageStore, mark: bytes = b"1", *, compress: bool = True) -> str:
    digest = image(store, tar(item("file", "a", mark)), tar(item("file", "b", os.urandom(2 << 20))), compress=compress)
    store.tag("team/image:1", digest)
    return digest


def log_in(home: Path, host: str, password: str = PASSWORD) -> Path:
    file = home / ".docker" / "config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
    file.write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    return file


def test_what_we_push_skopeo_reads(plain: Real, store: ImageStore) -> None:
    digest = two_layers(store)
    with Registry(f"oci://{plain.host}/a/pushed") as registry:
        copied = registry.push(digest, store, "1")
        assert registry.head("1") == digest
        assert registry.tags() == ["1"]
    assert (copied.digest, copied.blobs, copied.moved) == (digest, 3, copied.size)
    seen = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{plain.host}/a/pushed:1"))
    assert seen["Digest"] == digest


def test_what_skopeo_pushes_we_read(plain: Real, store: ImageStore, tmp_path: Path) -> None:
    digest = two_layers(store, compress=False)
    target = f"docker://{plain.host}/b/there:1"
    skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", f"oci:{store.root}:team/image:1", target)
    other = ImageStore(tmp_path / "other")
    with Registry(f"{plain.host}/b/there:1") as registry:
        means = registry.resolve()
        registry.pull(means.manifest_digest, other, name="b/there:1")
    assert (means.index_digest, means.manifest_digest, means.platform) == (None, digest, "linux/amd64")
    assert means.size == store.manifest(digest).size
    assert verify(other) == [] and other.names() == {"b/there:1": digest}


def test_dockers_own_format_keeps_its_type(plain: Real, store: ImageStore, tmp_path: Path) -> None:
    two_layers(store)
    target = f"docker://{plain.host}/c/docker:1"
    skopeo("copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{store.root}:team/image:1", target)
    other = ImageStore(tmp_path / "other")
    with Registry(f"{plain.host}/c/docker:1") as registry:
        means = registry.resolve()
        registry.pull(means.manifest_digest, other, name="docker:1")
    assert means.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert other.roots()[0].media_type == means.media_type
    with Registry(f"{plain.host}/c/again") as registry:
        registry.push(means.manifest_digest, other, "1")
    seen = json.loads(skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{plain.host}/c/again:1"))
    assert seen["mediaType"] == means.media_type


def test_an_index_made_by_buildah(plain: Real, store: ImageStore, tmp_path: Path) -> None:
    """Both digests are known; each platform gets its own manifest; the whole index travels too."""
    reference = f"{plain.host}/d/many:1"
    buildah = ["buildah", f"--root={tmp_path}/b", f"--runroot={tmp_path}/br", "--storage-driver=vfs"]

    def call(*arguments: str) -> None:
        done = subprocess.run([*buildah, *arguments], capture_output=True, text=True, timeout=BOUND_S, check=False)
        assert done.returncode == 0, done.stderr

    call("manifest", "create", "many")
    for architecture in ("amd64", "arm64"):
        layer = tar(item("file", architecture, b"x"))
        digest = image(store, layer, compress=True)  # else buildah would compress, and change the digest
        store.tag(f"team/{architecture}:1", digest)
        call(
            "manifest", "add", f"--arch={architecture}", "--os=linux", "many", f"oci:{store.root}:team/{architecture}:1"
        )
    call("manifest", "push", "--all", "--format=oci", "--tls-verify=false", "many", f"docker://{reference}")
    other = ImageStore(tmp_path / "other")
    with Registry(reference) as registry:
        ours, theirs = registry.resolve(platform="linux/amd64"), registry.resolve(platform="linux/arm64")
        index = registry.head()
        assert ours.index_digest == theirs.index_digest == index
        assert ours.manifest_digest == store.names()["team/amd64:1"]
        assert theirs.manifest_digest == store.names()["team/arm64:1"]
        with pytest.raises(NotFound, match="not available for linux/s390x") as caught:
            registry.resolve(platform="linux/s390x")
        assert "linux/amd64, linux/arm64" in caught.value.why
        registry.pull(str(index), other, name="many:1")
    assert verify(other) == []
    with Registry(f"{plain.host}/d/copy:1") as copy:
        copy.push(str(index), other, "1")
        assert copy.resolve(platform="linux/arm64") == theirs


def test_blobs_are_mounted_from_a_repository_nearby(plain: Real, store: ImageStore) -> None:
    digest = two_layers(store)
    with Registry(f"{plain.host}/e/first") as registry:
        registry.push(digest, store, "1")
    store.tag(f"{plain.host}/e/first:1", digest)
    with Registry(f"{plain.host}/e/second") as registry:
        assert registry.push(digest, store, "1").moved == 0
        assert registry.get_manifest(digest).digest == digest


def test_a_second_copy_moves_nothing(plain: Real, store: ImageStore) -> None:
    digest = two_layers(store)
    with Registry(f"{plain.host}/f/again") as registry:
        assert registry.push(digest, store, "1").moved > 0
        assert registry.push(digest, store, "1").moved == 0
        assert registry.pull(digest, store).moved == 0


def test_a_signature_is_found_by_what_it_is_about(plain: Real, store: ImageStore) -> None:
    """Debian's registry is older than referrers: the tag that stands for them is kept."""
    digest = two_layers(store)
    nothing = store.add_blob([b"{}"], "application/vnd.oci.empty.v1+json")
    kinds = ["application/x-one", "application/x-two"]
    about = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest}
    about["size"] = len(store.read_document(digest))  # type: ignore[assignment]
    with Registry(f"{plain.host}/g/signed") as registry:
        registry.push(digest, store, "1")
        for kind in kinds:
            document = {
                "schemaVersion": 2,
                "mediaType": about["mediaType"],
                "artifactType": kind,
                "config": nothing.as_json(),
                "layers": [nothing.as_json()],
                "subject": about,
            }
            registry.push(store.add_json(document, about["mediaType"]).digest, store)
        assert len(registry.referrers(digest)) == 2
        (found,) = registry.referrers(digest, kinds[1])
        assert registry.get_manifest(found.digest).artifact_type == kinds[1]
        assert registry.referrers("sha256:" + "0" * 64) == []


def test_password_and_tls(guarded: Real, store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, home = two_layers(store), tmp_path / "person"
    reference = f"{guarded.host}/team/private:1"
    with Registry(reference) as registry, pytest.raises(NetworkError, match="cannot be reached") as unknown:
        registry.head()
    assert "CERTIFICATE_VERIFY_FAILED" in unknown.value.why  # never without encryption instead
    monkeypatch.setenv("SSL_CERT_FILE", str(guarded.ca))
    with Registry(reference) as registry, pytest.raises(PermissionDenied, match="does not let us in") as nobody:
        registry.push(digest, store, "1")
    assert "wants to know who asks" in nobody.value.why and "podman login" in nobody.value.next_step
    file = log_in(home, guarded.host, "wrong")
    with Registry(reference) as registry, pytest.raises(PermissionDenied) as wrong:
        registry.push(digest, store, "1")
    assert str(file) in wrong.value.why and "wrong" not in wrong.value.why
    log_in(home, guarded.host)
    with Registry(reference) as registry:
        registry.push(digest, store, "1")
        assert registry.resolve().manifest_digest == digest
    monkeypatch.delenv("SSL_CERT_FILE")
    folder = home / ".config/containers/certs.d" / guarded.host
    folder.mkdir(parents=True)
    (folder / "ours.crt").write_bytes(Path(str(guarded.ca)).read_bytes())
    with Registry(reference) as registry:
        assert registry.head() == digest


def test_a_mirror_answers_for_docker_io(plain: Real, store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = two_layers(store)
    with Registry(f"{plain.host}/hub/library/debian") as registry:
        registry.push(digest, store, "12")
    monkeypatch.setenv("RECAST_REGISTRY_MIRRORS", f"docker.io={plain.host}/hub")
    with Registry("debian:12") as registry:
        assert registry.resolve().manifest_digest == digest
