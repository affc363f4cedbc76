"""Build a Containerfile with buildah, offline, and normalise the result."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.digests import hex_of
from recast.errors import ImageError
from recast.images.building.base import image_config
from recast.images.building.normal import normal_layer
from recast.images.building.recipefile import Containerfile
from recast.images.layout import ImageStore
from recast.images.manifest import CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, Descriptor, read_config, read_manifest
from recast.images.tools import require_tools, run_tool
from recast.json_types import JsonDict, JsonObject
from recast.strictjson import parse_json

__all__ = ["WHEELS_MOUNT", "run_containerfile"]

WHEELS_MOUNT = "/run/recast-wheels"
"""Where RUN finds the wheels; pip is configured by its environment variables, so the file also builds elsewhere."""

_BUILD_ENV = ("PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0")
_WHEELS_ENV = ("PIP_NO_INDEX=1", f"PIP_FIND_LINKS={WHEELS_MOUNT}")
_NAME = "localhost/recast-build:latest"


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

    `bases` maps each FROM to a digest in the store. The build has no network; `wheels` is mounted read-only. The digest
    depends on what the build wrote and set, not on buildah's version. The work folder is left behind: call
    `workfolders.clear`.
    """
    require_tools(["buildah", "skopeo"])
    say(f"{recipe.folder.name}: buildah (log: {log})")
    folder = Path(tempfile.mkdtemp(dir=store.root, prefix=".build-"))
    extra = [*_BUILD_ENV, f"SOURCE_DATE_EPOCH={timestamp}", *(_WHEELS_ENV if wheels else ())]
    names = {name: f"localhost/recast-base-{place}:lent" for place, name in enumerate(sorted(bases))}
    storage = _lend_all(store, {names[name]: digest for name, digest in bases.items()}, folder, log, extra)
    file = folder / "Containerfile"
    file.write_text(recipe.with_names(names), encoding="utf-8")
    argv = _build_argv(file, recipe.folder, storage, wheels, timestamp)
    run_tool(argv, log, environ=storage.environ, cwd=recipe.folder)
    out = folder / "out"
    push = [*_as_root(), *storage.buildah, "push", "-q", "--disable-compression", _NAME, f"dir:{out}"]
    run_tool(push, log, environ=storage.environ)
    known = {diff_id: layer for digest in bases.values() for diff_id, layer in _layers(store, digest).items()}
    return _take(store, out, timestamp, recipe.folder.name, extra, known)


@dataclass(frozen=True, slots=True)
class _Storage:
    """A containers-storage just for this build, below its work folder, so that nothing else is read or left behind."""

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
    """Copy the bases into a storage for buildah, and return it.

    Overlay is fast; where the kernel refuses it (for example in a container), plain copies are used.
    """
    storage = _Storage(folder, "overlay")
    try:
        for name, digest in bases.items():
            _lend(store, name, digest, storage, log, extra)
    except ImageError:
        storage = _Storage(folder, "vfs")
        for name, digest in bases.items():
            _lend(store, name, digest, storage, log, extra)
    return storage


def _lend(store: ImageStore, name: str, digest: str, storage: _Storage, log: Path, extra: list[str]) -> None:
    """Copy a base from our store into buildah's, under a generated name.

    The `extra` environment is added to its configuration, because `buildah build --env` does not affect RUN. So its
    digest differs there, and buildah would not find it by the digest in FROM.
    """
    loan = ImageStore(storage.folder / "lent" / storage.driver / hex_of(digest))
    loan.create()
    manifest = store.manifest(digest)
    store.config(digest)  # raises if an untrusted configuration is not valid
    config = parse_json(store.read_document(manifest.config.digest))
    inner = config.get("config")
    inner = inner if isinstance(inner, dict) else {}
    said = inner.get("Env")
    config["config"] = {**inner, "Env": [*(said if isinstance(said, list) else []), *extra]}
    for layer in manifest.layers:
        path = loan.blob_path(layer.digest)
        if not path.is_symlink():  # a layer may be there twice
            path.symlink_to(store.blob_path(layer.digest).resolve())
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": loan.add_json(config, CONFIG_TYPE).as_json(),
        "layers": [_as_oci(layer).as_json() for layer in manifest.layers],
    }
    loan.tag("base", loan.add_json(document, MANIFEST_TYPE).digest)
    run_tool(
        [*_as_root(), "skopeo", "copy", "-q", f"oci:{loan.root}:base", storage.target(name)],
        log,
        environ=storage.environ,
    )


def _layers(store: ImageStore, digest: str) -> dict[str, Descriptor]:
    """Return the layers of an image by the digests of their uncompressed bytes."""
    return dict(zip(store.config(digest).diff_ids, map(_as_oci, store.manifest(digest).layers), strict=False))


def _as_oci(layer: Descriptor) -> Descriptor:
    """Return a layer by the media type that OCI has for it; Docker has another for the same bytes."""
    kind = layer.media_type.rpartition(".")[2] if layer.media_type.endswith((".gzip", ".zstd")) else ""
    kind = kind or next((end for end in ("gzip", "zstd") if layer.media_type.endswith(f"+{end}")), "")
    return Descriptor(layer.digest, layer.size, f"{LAYER_TYPE}+{kind}" if kind else LAYER_TYPE)


def _build_argv(file: Path, context: Path, storage: _Storage, wheels: Path | None, timestamp: int) -> list[str]:
    return [
        *_as_root(),
        *("unshare", "-n"),
        *storage.buildah,
        *("build", "--isolation=chroot", "--pull-never", "--no-cache", "--layers=false", "--format=oci"),
        f"--timestamp={timestamp}",
        *([f"--volume={wheels}:{WHEELS_MOUNT}:ro"] if wheels else []),
        f"--tag={_NAME}",
        f"--file={file}",
        str(context),
    ]


def _as_root() -> list[str]:
    """Return the prefix for a command that mounts: its mounts are private, and end with it, however it ends."""
    return ["unshare", "--mount", "--"] if os.geteuid() == 0 else ["buildah", "unshare", "--"]


def _take(
    store: ImageStore, out: Path, timestamp: int, title: str, extra: list[str], known: Mapping[str, Descriptor]
) -> str:
    """Import buildah's result into the store: base layers unchanged, new ones normalised, a plain configuration.

    `known` are the layers of the bases by the digests of their uncompressed bytes.
    """
    built = read_manifest(json.loads((out / "manifest.json").read_bytes()), "buildah's manifest")
    document = json.loads((out / hex_of(built.config.digest)).read_bytes())
    diff_ids, layers = [], []
    for diff_id, blob in zip(read_config(document, "").diff_ids, built.layers, strict=True):
        layer = known.get(diff_id)
        if layer is None:
            path = out / hex_of(blob.digest)
            layer = store.add_blob(normal_layer(path, timestamp), LAYER_TYPE)
            diff_id = layer.digest
        diff_ids.append(diff_id)
        layers.append(layer)
    inner = _plain(document.get("config", {}), extra)
    return store.add_image(image_config(inner, diff_ids, timestamp, f"recast image build {title}"), layers)


def _plain(config: JsonObject, extra: list[str]) -> JsonDict:
    kept = ("User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "Volumes")
    plain = {key: config[key] for key in kept if config.get(key)}
    env = [line for line in config.get("Env") or [] if line not in extra]
    labels = {key: value for key, value in (config.get("Labels") or {}).items() if not key.startswith("io.buildah.")}
    return {**plain, "Env": sorted(env), "Labels": labels}
