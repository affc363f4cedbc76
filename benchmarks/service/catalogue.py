"""A catalogue of synthetic analyses: a shipped search under thousands of names, with metadata drawn at random."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from recast.catalogue.load import load_version
from recast.catalogue.statements.statements import Statement, Statements
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import CONFIG_TYPE, VERSION_TYPE, PublishedVersion
from recast.images.manifest import MANIFEST_TYPE, Descriptor, document_type
from recast.json_types import JsonDict

__all__ = ["COLLABORATIONS", "Quick", "fill_catalogue", "publish_one", "words"]

COLLABORATIONS = ("ATLAS", "CMS", "LHCb", "ALICE", "Belle II", "FASER")
_STATES = [f"{count} {what}" for what in ("leptons", "jets", "b-jets", "photons", "taus") for count in (0, 1, 2, "3+")]
_MODELS = [f"{what} {how}" for what in ("gluino", "squark", "stop", "chargino", "Z'", "leptoquark") for how in
           ("pair", "single", "cascade", "long-lived", "compressed")]  # fmt: skip
_ROOTS = (7, 8, 13, 13.6)
_TEXT = (
    "search measurement resonance decay production missing transverse momentum displaced vertex trigger boosted "
    "top quark higgs boson scalar vector dark matter portal supersymmetry neutralino slepton heavy neutral lepton "
    "axion monopole quirk emerging soft compressed spectrum likelihood simplified model interpretation combination"
)
_NOUNS = tuple(_TEXT.split())


class Quick(CatalogueStore):
    """A catalogue store that is filled at once: nothing is synced, and the index is written a single time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.layout.create()
        self._names = dict(super().names())
        self._said: list[str] = []

    def names(self) -> dict[str, str]:
        """Return the names so far."""
        return self._names

    def add(self, content: bytes, media_type: str) -> Descriptor:
        """Store a blob without waiting for the disk."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.path(digest).write_bytes(content)
        return Descriptor(digest, len(content), media_type)

    def note_said_here(self, digest: str) -> None:
        """Note a statement, to be written at the end."""
        self._said.append(digest)

    def tag_name(self, name: str, digest: str) -> None:
        """Note a name, to be written at the end."""
        self._names[name] = digest

    def end(self) -> None:
        """Write the index."""
        entries = []
        for name, digest in sorted(self._names.items()):
            document = self.path(digest).read_bytes()
            about = Descriptor(digest, len(document), document_type(document)).as_json()
            entries.append({**about, "annotations": {"org.opencontainers.image.ref.name": name}})
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
        (self.root / "said_here").write_text("".join(f"{it}\n" for it in sorted(self._said)))


def words(draw: random.Random, count: int) -> str:
    """Return words as titles have them: a few are frequent, most are rare."""
    weights = [1 / (rank + 1) for rank in range(len(_NOUNS))]
    return " ".join(draw.choices(_NOUNS, weights, k=count))


def fill_catalogue(store: Quick, pattern: PublishedVersion, count: int, seed: int = 1) -> None:
    """Publish `count` analyses that have the files of `pattern`, each with a statement, without validation."""
    draw = random.Random(seed)
    layers = json.loads(pattern.store.read(pattern.digest))["layers"]
    for layer in layers:
        store.add(pattern.store.read(layer["digest"]), layer["mediaType"])
    for number in range(count):
        _publish(store, pattern, layers, f"syn-{number:05d}-{draw.choice(_NOUNS)}", draw)
    store.end()


def publish_one(root: Path, name: str) -> None:
    """Publish one more analysis, as somebody would: the index is replaced."""
    store = Quick(root)
    pattern = next(_versions(store))
    draw = random.Random(name)
    _publish(store, pattern, json.loads(store.read(pattern.digest))["layers"], name, draw)
    store._said += sorted(CatalogueStore(root).said_here())
    fresh = root / "index.json.new"
    entries = json.loads((root / "index.json").read_bytes())["manifests"]
    known = CatalogueStore(root).names()
    for added in sorted(set(store.names()) - set(known)):
        document = store.path(store.names()[added]).read_bytes()
        about = Descriptor(store.names()[added], len(document), document_type(document)).as_json()
        entries.append({**about, "annotations": {"org.opencontainers.image.ref.name": added}})
    fresh.write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    fresh.replace(root / "index.json")


def _versions(store: CatalogueStore) -> Iterator[PublishedVersion]:
    for digest in store.index().values():
        yield load_version(store, digest)


def _publish(store: Quick, pattern: PublishedVersion, layers: list[JsonDict], name: str, draw: random.Random) -> None:
    config = {**pattern.config, "analysis": name, "metadata": _metadata(pattern.metadata, name, draw)}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": VERSION_TYPE,
        "config": store.add(_json(config), CONFIG_TYPE).as_json(),
        "layers": layers,
    }
    digest = store.add(_json(manifest), MANIFEST_TYPE).digest
    store.tag_name(f"{name}:{pattern.version}", digest)
    version = load_version(store, digest)
    state = "deprecated" if draw.random() < 0.05 else "published"
    said = {"validated": "2026-01-01T00:00:00Z", "passed": 3, "documented": 0, "failed": int(draw.random() < 0.1)}
    when = "2026-01-01T00:00:00Z"
    book = Statements(store, version)
    book.add(Statement(name, version.version, digest, state, "bench", when, "synthetic", validation=said))


def _metadata(pattern: Mapping[str, object], name: str, draw: random.Random) -> JsonDict:
    return {
        **pattern,
        "title": f"Search for {words(draw, 8)}",
        "abstract": words(draw, 80),
        "collaboration": draw.choices(COLLABORATIONS, (40, 35, 10, 6, 5, 4))[0],
        "sqrts_tev": draw.choices(_ROOTS, (5, 10, 70, 15))[0],
        "final_states": draw.sample(_STATES, draw.randint(1, 4)),
        "models": draw.sample(_MODELS, draw.randint(1, 3)),
        "references": {"arxiv": f"{draw.randint(1000, 2612)}.{draw.randint(0, 99999):05d}"},
    }


def _json(document: JsonDict) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
