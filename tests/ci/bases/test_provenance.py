"""Provenance of images: what a statement says, who signed it, and that it travels with the image."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from recast.errors import ImageError, InputError, NotFound
from recast.images import ImageStore, verify
from recast.images.building.build import BuildOptions, build_images
from recast.images.building.commit import commit_of
from recast.images.building.described import Begun, describe
from recast.images.contents.notes import attach_note
from recast.images.contents.provenance import (
    PREDICATE_TYPE,
    PROVENANCE_TYPE,
    attach_provenance,
    find_provenance,
    principal,
    read_provenance,
)
from recast.images.contents.sbom import find_sbom
from recast.images.gc import collect, find_garbage
from recast.registry import Registry
from recast.registry.notes import notes_about, pull_notes, push_notes
from recast.signing import Signers
from tests.busybox import NAME, add_busybox
from tests.conftest import ROOT, Recast
from tests.registry.real import Real
from tests.waiting import BOUND_S

KEY = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("jane", "mallory"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", folder / name]
        subprocess.run(argv, check=True, timeout=BOUND_S)
    return folder


def checkout(folder: Path) -> Path:
    """A git repository with a recipe in it; return the recipe's file."""
    recipe = folder / "images/fit/Containerfile"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("FROM team/base:1\n")
    (recipe.parent / "fit.py").write_text("print(1)\n")
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True, timeout=BOUND_S)
    return recipe


def described(store: ImageStore, recipe: Path, signer: Path | None = None, commit: str = "") -> str:
    digest = add_busybox(store)
    begun, bases = Begun(recipe), {"team/base:1": "sha256:" + "b" * 64}
    describe(store, NAME, digest, KEY, bases, begun, spec=recipe.parents[2], signer=signer, commit=commit)
    return digest


def test_what_it_says(store: ImageStore, tmp_path: Path) -> None:
    recipe = checkout(tmp_path / "repository")
    digest = described(store, recipe)
    found = read_provenance(store, digest, Signers(tmp_path / "none"))
    assert (found.name, found.recipe, found.key) == (NAME, "images/fit/Containerfile", f"sha256:{KEY}")
    kinds = {it.kind: it for it in found.materials}
    assert kinds["base"].digest == "sha256:" + "b" * 64
    head = subprocess.run(["git", "-C", recipe.parent, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert (kinds["source"].digest, kinds["source"].unmodified) == (f"gitCommit:{head.stdout.strip()}", True)
    assert found.signature.state == "unsigned"
    assert find_sbom(store, digest) is not None and verify(store) == []


def test_a_changed_file_is_said(store: ImageStore, tmp_path: Path) -> None:
    recipe = checkout(tmp_path / "repository")
    assert commit_of(recipe.parent) is not None and commit_of(recipe.parent).unmodified  # type: ignore[union-attr]
    (recipe.parent / "fit.py").write_text("print(2)\n")
    assert not commit_of(recipe.parent).unmodified  # type: ignore[union-attr]
    (recipe.parent / "fit.py").write_text("print(1)\n")
    (recipe.parent / "more.py").write_text("")
    assert not commit_of(recipe.parent).unmodified  # type: ignore[union-attr]
    (recipe.parent / "more.py").unlink()
    assert commit_of(recipe.parents[2]).unmodified  # type: ignore[union-attr]
    assert commit_of(tmp_path) is None


def test_nothing_of_a_repository_is_started(tmp_path: Path) -> None:
    recipe = checkout(tmp_path / "repository")
    mark = tmp_path / "started"
    with (tmp_path / "repository/.git/config").open("a") as config:
        config.write(f'[core]\n fsmonitor = "touch {mark}"\n hooksPath = {tmp_path}\n pager = "touch {mark}"\n')
        config.write(f'[filter "evil"]\n clean = "touch {mark}"\n smudge = "touch {mark}"\n required = true\n')
    (tmp_path / "repository/.gitattributes").write_text("* filter=evil\n")
    assert commit_of(recipe.parent) is not None
    assert not mark.exists()


def test_signed_by_whom(store: ImageStore, keys: Path, tmp_path: Path) -> None:
    signers = Signers(tmp_path / "allowed_signers")
    digest = described(store, checkout(tmp_path / "repository"), keys / "jane")
    assert read_provenance(store, digest, signers).signature.state == "unknown"
    signers.add("busybox", (keys / "jane.pub").read_text())
    good = read_provenance(store, digest, signers).signature
    assert (good.state, good.signer) == ("verified", "jane@example.org")
    assert principal("registry.example.org:5000/team/pyhf_fit:1") == "pyhf-fit"


def test_a_statement_about_another_image_or_none(store: ImageStore, keys: Path, tmp_path: Path) -> None:
    recipe = checkout(tmp_path / "repository")
    digest = described(store, recipe, keys / "jane")
    signers = Signers(tmp_path / "none")
    statement = dict(read_provenance(store, digest, signers).statement)
    attach_provenance(store, NAME, digest, statement, b"no signature")
    assert read_provenance(store, digest, signers).signature.state == "bad"
    other = {**statement, "subject": [{"name": NAME, "digest": {"sha256": "0" * 64}}]}
    for content in (other, {}, {**statement, "predicate": 3}, {**statement, "subject": []}, [], "x"):
        attach_provenance(store, NAME, digest, content)  # type: ignore[arg-type]
        with pytest.raises(ImageError, match="is none"):
            read_provenance(store, digest, signers)
    attach_note(store, NAME, digest, "provenance", "text/plain", [(b"x", "text/plain")])
    with pytest.raises(ImageError, match="is none"):
        read_provenance(store, digest, signers)


def test_it_goes_to_a_registry_and_comes_back(store: ImageStore, keys: Path, tmp_path: Path, real: Real) -> None:
    digest = described(store, checkout(tmp_path / "repository"), keys / "jane")
    other = ImageStore(tmp_path / "other")
    with Registry(f"oci://{real.host}/team/fit:1") as registry:
        registry.push(digest, store, "1")
        assert push_notes([digest], store, registry) > 0
        assert len(registry.referrers(digest, PROVENANCE_TYPE)) == 1
        registry.pull(digest, other, name=NAME)
        pull_notes(NAME, digest, other, registry, print)
    signers = Signers(tmp_path / "allowed_signers")
    signers.add("*", (keys / "jane.pub").read_text())
    assert read_provenance(other, digest, signers).signature.state == "verified"
    assert [kind for _, _, kind in notes_about([digest], other)] == ["provenance", "sbom"]
    other.untag([NAME])
    collect(other, lambda: (), print)
    assert find_garbage(other) == [] and find_provenance(other, digest) is None


def test_a_note_that_is_none_is_not_brought(store: ImageStore, tmp_path: Path, real: Real) -> None:
    digest = add_busybox(store)
    attach_note(store, NAME, digest, "provenance", "text/plain", [(b"x", "text/plain")])
    said: list[str] = []
    with Registry(f"oci://{real.host}/team/none:1") as registry:
        registry.push(digest, store, "1")
        push_notes([digest], store, registry)
        pull_notes(NAME, digest, ImageStore(tmp_path / "other"), registry, said.append)
    assert len(said) == 1 and "is not the provenance of" in said[0]


JUDGE = """
import json, sys
from google.protobuf.json_format import Parse, ParseDict
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
text = sys.stdin.read()
Statement.copy_from_pb(Parse(text, statement_pb2.Statement())).validate()
found = ParseDict(json.loads(text)["predicate"], provenance_pb2.Provenance())
assert found.build_definition.build_type and found.run_details.builder.id
print(len(found.build_definition.resolved_dependencies))
"""


def test_the_reference_library_of_in_toto_accepts_it(store: ImageStore, tmp_path: Path) -> None:
    python = ROOT / ".venv-judge-ci/bin/python"
    assert python.exists(), "the judge is missing; type: make setup-test"
    digest = described(store, checkout(tmp_path / "repository"))
    found = read_provenance(store, digest, Signers(tmp_path / "none"))
    assert found.statement["predicateType"] == PREDICATE_TYPE
    done = subprocess.run([python, "-c", JUDGE], input=found.content, capture_output=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) == len(found.materials)


@pytest.mark.slow
def test_a_real_build_writes_it_and_stays_reproducible(tmp_path: Path, keys: Path, recast: Recast) -> None:
    spec = tmp_path / "repository"
    stores = [ImageStore(tmp_path / name) for name in ("one", "two")]
    checkout(spec)
    (spec / "images/fit/Containerfile").write_text(
        f"FROM {NAME}\nCOPY fit.py /fit.py\n"
        "LABEL org.opencontainers.image.title=team/fit org.opencontainers.image.version=1\n"
    )
    digests = []
    for store in stores:
        add_busybox(store)
        (built,) = build_images(spec, store, BuildOptions(key=keys / "jane", commit="c" * 40), print)
        digests.append(built.digest)
        found = read_provenance(store, built.digest, Signers(tmp_path / "none"))
        said = {it.kind: it for it in found.materials}
        assert (said["source"].digest, said["source"].unmodified) == ("gitCommit:" + "c" * 40, False)
        assert said["base"].name == NAME and found.signature.state == "unknown"
        before = find_provenance(store, built.digest)
        assert build_images(spec, store, BuildOptions(), print)[0].reused
        assert find_provenance(store, built.digest) == before, "what was not built again is not described again"
    assert digests[0] == digests[1], "the statement is beside the image, not in it"
    said = recast("image", "provenance", "team/fit:1", "--store", stores[0].root)
    assert said.code == 0 and "images/fit/Containerfile" in said.out, said.err
    document = recast("image", "provenance", digests[0], "--store", stores[0].root, "-o", "json").json
    assert document["statement"]["subject"][0]["digest"]["sha256"] == digests[0].removeprefix("sha256:")
    assert recast("image", "provenance", "team/fit:1", "--store", stores[0].root, "--signed").code == 1
    missing = recast("image", "provenance", NAME, "--store", stores[0].root)
    assert missing.code == 6 and "image.no-provenance" in missing.err
    assert json.loads(recast("image", "ls", "--store", stores[0].root, "-o", "json").out)["images"]


def test_a_key_that_cannot_sign_is_told_before_the_build(tmp_path: Path) -> None:
    spec = checkout(tmp_path / "repository").parents[2]
    with pytest.raises(InputError, match="There is no such key"):
        build_images(spec, ImageStore(tmp_path / "store"), BuildOptions(key=tmp_path / "none"), print)
    assert not (tmp_path / "store").exists()


def test_none(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no provenance"):
        read_provenance(store, add_busybox(store), Signers(tmp_path / "none"))
