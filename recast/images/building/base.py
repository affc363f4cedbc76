"""Make a base image with mmdebstrap from the Debian sources configured on this machine."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from recast.counted import counted
from recast.images.building.normal import normal_layer
from recast.images.building.recipe import BaseRecipe
from recast.images.layout import ImageStore
from recast.images.manifest import LAYER_TYPE, Descriptor
from recast.images.tools import require_tools, run_tool
from recast.json_types import JsonDict
from recast.moments import moment

__all__ = ["PATH", "base_key", "image_config", "make_base"]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_VERSION = 1
_COMPILE = (
    # Hash-based byte code holds no times. "unchecked": Python trusts it, so start-up is not slower. One process and
    # a fixed hash seed, since both show in the bytes.
    'chroot "$1" env PYTHONHASHSEED=0 python3 -m compileall -q -f --invalidation-mode unchecked-hash /usr/lib/python3'
)

_ENV = {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
"""The environment of package scripts, independent of the builder's: byte code that they write ends up in the image."""


def base_key(recipe: BaseRecipe) -> str:
    """Return the content key of a base: equal recipes have equal keys."""
    return hashlib.sha256(f"base {_VERSION} {recipe.model_dump_json()}".encode()).hexdigest()


def make_base(store: ImageStore, recipe: BaseRecipe, log: Path, say: Callable[[str], None]) -> str:
    """Build the image of a recipe, store it under `name:tag` and return its digest."""
    require_tools(["mmdebstrap"])
    say(f"{recipe.reference}: mmdebstrap {recipe.suite}, {counted(len(recipe.packages), 'package')} (log: {log})")
    store.create()
    with tempfile.TemporaryDirectory(dir=store.root, prefix=".base-") as folder:
        tar = Path(folder) / "base.tar"
        run_tool(_argv(recipe, tar), log, environ={**_ENV, "SOURCE_DATE_EPOCH": str(recipe.timestamp)})
        layer = store.add_blob(normal_layer(tar, recipe.timestamp, recipe.exclude), LAYER_TYPE)
    digest = store.add_image(_config(recipe, layer), [layer])
    store.tag(recipe.reference, digest)
    say(f"{recipe.reference}: {digest} ({layer.size / 1e6:.0f} MB)")
    return digest


def image_config(inner: JsonDict, diff_ids: list[str], timestamp: int, made_by: str) -> JsonDict:
    """Return an OCI image configuration that depends only on the arguments and the architecture."""
    import platform

    created = moment(timestamp)
    machine = platform.machine()
    return {
        "created": created,
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
        "os": "linux",
        "config": inner,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": created, "created_by": made_by} for _ in diff_ids],
    }


def _config(recipe: BaseRecipe, layer: Descriptor) -> JsonDict:
    env = {"PATH": PATH, **recipe.env}
    inner = {
        "Env": [f"{name}={value}" for name, value in sorted(env.items())],
        "Cmd": ["/bin/sh"],
        "Labels": {
            "org.opencontainers.image.title": recipe.name,
            "org.opencontainers.image.version": recipe.tag,
        },
    }
    return image_config(inner, [layer.digest], recipe.timestamp, f"recast image build {recipe.reference}")


def _argv(recipe: BaseRecipe, target: Path) -> list[str]:
    include = [f"--include={','.join(sorted(recipe.packages))}"] if recipe.packages else []
    compile_all = [f"--customize-hook={_COMPILE} /usr/lib/python{recipe.python}"] if recipe.python else []
    return [
        "mmdebstrap",
        "--format=tar",
        f"--variant={recipe.variant}",
        *include,
        *compile_all,
        *_transport_options(),
        recipe.suite,
        str(target),
        *_sources(recipe.suite),
    ]


def _sources(suite: str) -> list[str]:
    """Return this machine's apt sources for a suite; with an empty list, mmdebstrap uses its default."""
    wanted = {suite, f"{suite}-updates", f"{suite}-security"}
    lines = _apt(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"])
    fields = [line.split() for line in lines]
    found = {tuple(words) for words in fields if len(words) == 3 and words[1] in wanted}
    return [f"deb {site} {release} {component}" for site, release, component in sorted(found)]


def _transport_options() -> list[str]:
    """Return the options with which this machine's apt reaches its sources (proxy, certificates)."""
    lines = _apt(["apt-config", "dump", "Acquire"])
    kept = ("Acquire::http::", "Acquire::https::")
    return [f"--aptopt={line}" for line in lines if line.startswith(kept) and not line.endswith(' "";')]


def _apt(argv: list[str]) -> list[str]:
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []  # not a Debian machine: mmdebstrap has a default
