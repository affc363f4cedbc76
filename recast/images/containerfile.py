"""Running a Containerfile with buildah, offline, and bringing what comes out into normal form."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.errors import ImageError
from recast.images.base import image_config
from recast.images.layout import ImageStore
from recast.images.manifest import LAYER_TYPE, MANIFEST_TYPE, Descriptor, read_config, read_manifest
from recast.images.normal import normal_layer
from recast.images.tools import require_tools, run_tool
from recast.layers.tree import remove_tree
from recast.strictjson import parse_json

__all__ = ["WHEELS_MOUNT", "Containerfile", "clear_leftovers", "read_containerfile", "run_containerfile"]

WHEELS_MOUNT = "/run/recast-wheels"
"""Where RUN finds the wheels; pip is told by its own environment variables, so the file builds elsewhere too."""

_BUILD_ENV = ("PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0")
_WHEELS_ENV = ("PIP_NO_INDEX=1", f"PIP_FIND_LINKS={WHEELS_MOUNT}")
_FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE | re.MULTILINE)
_NAME = "localhost/recast-build:latest"


@dataclass(frozen=True, slots=True)
class Containerfile:
    """A Containerfile: the folder it builds from and the images that its FROM lines ask for."""

    path: Path
    bases: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The build context."""
        return self.path.parent


def read_containerfile(path: Path) -> Containerfile:
    """Read the FROM lines; raise ImageError if there are none or they hold variables."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ImageError("A Containerfile cannot be read", where=str(path), why=str(problem)) from problem
    found = _FROM.findall(text)
    stages = {stage for _, stage in found if stage}
    bases = tuple(dict.fromkeys(base for base, _ in found if base not in stages and base != "scratch"))
    if not bases or any("$" in base for base in bases):
        raise ImageError(
            "A Containerfile needs a FROM line with a plain name",
            where=str(path),
            next_step="FROM recast/base-python:bookworm",
            code="image.containerfile",
        )
    return Containerfile(path, bases)


def run_containerfile(
    store: ImageStore,
    recipe: Containerfile,
    bases: Mapping[str, str],
    *,
    wheels: Path | None,
    timestamp: int,
    log: Path,
    say: Callable[[str], None],
) -> str:
    """Build an image and store it, unnamed; return its digest.

    `bases` maps each FROM to a digest in the store. The build has no network; `wheels` is shown to it read-only.
    The digest depends on what the build wrote and set, not on buildah's version. The work folder stays behind: call
    `clear_leftovers`.
    """
    require_tools(["buildah", "skopeo"])
    say(f"{recipe.folder.name}: buildah (log: {log})")
    folder = Path(tempfile.mkdtemp(dir=store.root, prefix=".build-"))
    extra = [*_BUILD_ENV, f"SOURCE_DATE_EPOCH={timestamp}", *(_WHEELS_ENV if wheels else ())]
    storage = _lend_all(store, bases, folder, log, extra)
    argv = _build_argv(recipe, storage, wheels, timestamp)
    run_tool(argv, log, environ=storage.environ, cwd=recipe.folder)
    out = folder / "out"
    push = [*_as_root(), *storage.buildah, "push", "-q", "--disable-compression", _NAME, f"dir:{out}"]
    run_tool(push, log, environ=storage.environ)
    return _take(store, out, timestamp, recipe.folder.name, extra)


@dataclass(frozen=True, slots=True)
class _Storage:
    """A containers-storage of this build's own, below its work folder, so that nothing else is read or left behind."""

    folder: Path
    driver: str

    @property
    def buildah(self) -> tuple[str, ...]:
        graph, run = self.folder / self.driver, self.folder / "run"
        return ("buildah", f"--root={graph}", f"--runroot={run}", f"--storage-driver={self.driver}")

    def target(self, name: str) -> str:
        graph, run = self.folder / self.driver, self.folder / "run"
        return f"containers-storage:[{self.driver}@{graph}+{run}]{name}"

    @property
    def environ(self) -> dict[str, str]:
        return {"TMPDIR": str(self.folder)}


def _lend_all(store: ImageStore, bases: Mapping[str, str], folder: Path, log: Path, extra: list[str]) -> _Storage:
    """Give buildah the bases; return the storage that holds them.

    Overlay is fast; where the kernel refuses it (in a container, say) plain copies serve.
    """
    try:
        storage = _Storage(folder, "overlay")
        for name, digest in bases.items():
            _lend(store, name, digest, storage, log, extra)
    except ImageError:
        storage = _Storage(folder, "vfs")
        for name, digest in bases.items():
            _lend(store, name, digest, storage, log, extra)
    return storage


def _lend(store: ImageStore, name: str, digest: str, storage: _Storage, log: Path, extra: list[str]) -> None:
    """Copy a base from our store into buildah's, under the name that FROM uses.

    Its configuration gets the `extra` environment on the way: `buildah build --env` does not reach RUN.
    """
    loan = ImageStore(storage.folder / digest.removeprefix("sha256:"))
    loan.create()
    store.config(digest)  # raises for a stranger's that is none
    manifest = parse_json(store.read_document(digest))
    config = parse_json(store.read_document(manifest["config"]["digest"]))
    inner = config.get("config")
    inner = inner if isinstance(inner, dict) else {}
    said = inner.get("Env")
    config["config"] = {**inner, "Env": [*(said if isinstance(said, list) else []), *extra]}
    for layer in manifest["layers"]:
        loan.blob_path(layer["digest"]).symlink_to(store.blob_path(layer["digest"]).resolve())
    manifest["config"] = loan.add_json(config, manifest["config"]["mediaType"]).as_json()
    loan.tag("base", loan.add_json(manifest, MANIFEST_TYPE).digest)
    target = name if re.match(r"[^/]*[.:][^/]*/|localhost/", name) else f"localhost/{name}"
    argv = [*_as_root(), "skopeo", "copy", "-q", f"oci:{loan.root}:base", storage.target(target)]
    run_tool(argv, log, environ=storage.environ)


def _build_argv(recipe: Containerfile, storage: _Storage, wheels: Path | None, timestamp: int) -> list[str]:
    return [
        *_as_root(),
        *("unshare", "-n"),
        *storage.buildah,
        *("build", "--isolation=chroot", "--pull-never", "--no-cache", "--layers=false", "--format=oci"),
        f"--timestamp={timestamp}",
        *([f"--volume={wheels}:{WHEELS_MOUNT}:ro"] if wheels else []),
        f"--tag={_NAME}",
        f"--file={recipe.path}",
        str(recipe.folder),
    ]


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["buildah", "unshare", "--"]


def _take(store: ImageStore, out: Path, timestamp: int, title: str, extra: list[str]) -> str:
    """Bring buildah's result into the store: base layers as they are, new ones in normal form, a plain config."""
    built = read_manifest(json.loads((out / "manifest.json").read_bytes()), "buildah's manifest")
    document = json.loads((out / built.config.digest.removeprefix("sha256:")).read_bytes())
    layers = []
    for diff_id, blob in zip(read_config(document, "").diff_ids, built.layers, strict=True):
        path = out / blob.digest.removeprefix("sha256:")
        known = store.has_blob(diff_id)
        size = store.blob_path(diff_id).stat().st_size if known else 0
        layers.append(
            Descriptor(diff_id, size, LAYER_TYPE)
            if known
            else store.add_blob(normal_layer(path, timestamp), LAYER_TYPE)
        )
    inner = _plain(document.get("config", {}), extra)
    return store.add_image(
        image_config(inner, [layer.digest for layer in layers], timestamp, f"recast image build {title}"), layers
    )


def _plain(config: Mapping[str, Any], extra: list[str]) -> dict[str, Any]:
    kept = ("User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "Volumes")
    plain = {key: config[key] for key in kept if config.get(key)}
    env = [line for line in config.get("Env") or [] if line not in extra]
    labels = {key: value for key, value in (config.get("Labels") or {}).items() if not key.startswith("io.buildah.")}
    return {**plain, "Env": sorted(env), "Labels": labels}


def clear_leftovers(store: ImageStore, log: Path) -> None:
    """Remove the work folders of builds, also of ones that were killed; call it under the build lock."""
    for folder in [*store.root.glob(".build-*"), *store.root.glob(".base-*")]:
        _remove(folder, log)


def _remove(folder: Path, log: Path) -> None:
    if os.geteuid() == 0:
        remove_tree(folder)
    else:  # the files belong to users of our own namespace
        run_tool([*_as_root(), "rm", "-rf", str(folder)], log)
