"""What pages load besides themselves: a stylesheet, an icon, scripts, each under a name that has its digest."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recast.errors import NotFound

__all__ = ["FOR_EVER", "Asset", "asset_named", "asset_path", "takes_gzip"]

FOR_EVER = "public, max-age=31536000, immutable"
"""What caches are told: other bytes have another name."""

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: `packed` is its content, compressed with gzip."""

    name: str
    content: bytes
    media_type: str
    packed: bytes

    @property
    def etag(self) -> str:
        """The digest in its name, which is one of its bytes."""
        return f'"{self.name.rpartition(".")[0].rpartition("-")[2]}"'


def asset_path(file: str) -> str:
    """Return where a file of ours is served: `/static/style-0123456789abcdef.css` for `style.css`."""
    return f"/static/{_by_file()[file].name}"


def asset_named(name: str) -> Asset:
    """Return a file by the name that pages have for it; raise NotFound."""
    for asset in _by_file().values():
        if asset.name == name:
            return asset
    raise NotFound("There is no such file here", next_step="reload the page: it names the files of this version")


def takes_gzip(accepted: str) -> bool:
    """Return whether a browser takes what is compressed, by its `Accept-Encoding`; `gzip;q=0` refuses it."""
    for it in accepted.lower().split(","):
        name, _, quality = it.replace(" ", "").partition(";q=")
        if name == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


@cache
def _by_file() -> dict[str, Asset]:
    return {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"{path.stem}-{digest}{path.suffix}", content, _KINDS[path.suffix], gzip.compress(content, 9, mtime=0))
