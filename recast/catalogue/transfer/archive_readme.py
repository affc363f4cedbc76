"""The README in an archive, for a reader who has nothing but the file, in 2040 or later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from recast.catalogue.statements.statements import Entry
from recast.catalogue.version import PublishedVersion
from recast.digests import digest_of
from recast.images import ImageStore
from recast.json_types import JsonObject
from recast.strictjson import parse_json
from recast.terminal_safe import one_line, visible

__all__ = ["licences", "readme"]

_LICENCE_FILE = re.compile(r"(?:^|/)(?:licen[cs]e|copying|notice|copyright)[^/]*$", re.IGNORECASE)
_LABEL = "org.opencontainers.image.licenses"
_MOST_COMPONENTS = 5000


def readme(version: PublishedVersion, said: Sequence[Entry], *, with_images: bool) -> str:
    """Return the README of an archive: what it is, how to check it, how to run it with and without RECAST."""
    parts = [
        _what(version),
        _holds(version, with_images),
        _CHECK,
        _with_us(version),
        _without_us(version, with_images),
        _said(said),
    ]
    return visible("\n".join(parts), None)


def licences(version: PublishedVersion, images: ImageStore | None, notes: Mapping[str, bytes]) -> str:
    """Return what is known about licences: files of the version, labels and SBOMs (`notes`, by image) of the images."""
    lines = ["# Licences", "", "Files of the version that speak of licences:", ""]
    files = [path for path in sorted(version.files) if _LICENCE_FILE.search(path)]
    lines += [f"- `{path}`: {_blob(version.files[path])}" for path in files] or ["- none"]
    lines += ["", "Images (Debian's packages hold theirs in `/usr/share/doc/*/copyright` inside of the image):", ""]
    for name, digest in sorted(version.pins.items()):
        label = images.config(digest).labels.get(_LABEL, "no label") if images is not None else "not in this file"
        lines.append(f"- `{name}`: {one_line(label)}")
        lines += [f"  - {one_line(text)}" for text in _components(notes.get(name, b""))]
    return visible("\n".join([*lines, ""]), None)


def _components(sbom: bytes) -> Iterator[str]:
    """Yield `name version: licence` for each component of a CycloneDX document; nothing if it is not one."""
    try:
        components = parse_json(sbom)["components"][:_MOST_COMPONENTS]
        for item in components:
            ids = [_licence(entry) for entry in item.get("licenses", [])]
            yield f"{item['name']} {item.get('version', '')}: {', '.join(filter(None, ids)) or 'not stated'}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _licence(entry: JsonObject) -> str:
    inner = entry.get("license", {})
    return str(entry.get("expression") or inner.get("id") or inner.get("name") or "")


def _sha256(content: bytes) -> str:
    return digest_of(content)


def _blob(digest: str) -> str:
    return f"`blobs/sha256/{digest.removeprefix('sha256:')}`"


def _what(version: PublishedVersion) -> str:
    metadata = version.metadata
    cited = ", ".join(one_line(f"{key} {value}") for key, value in metadata["references"].items() if value)
    made_by = one_line(metadata["collaboration"])
    abstract = "\n".join(f"> {line}" for line in metadata["abstract"].split("\n"))  # it cannot imitate a line of ours
    return f"""# {version.reference}: {one_line(metadata["title"])}

This file preserves an analysis of collider data so that it can be run again: the programs that were run, the files
they need, the order in which they run, and the digests of the systems (container images) that they run in.

- Collaboration: {made_by}, {metadata["sqrts_tev"]} TeV, {metadata["luminosity_inv_fb"]} fb^-1
- Cite: {cited}
- Version: {version.version}
- Identity: `{version.digest}` (the sha256 of the manifest {_blob(version.digest)})

{abstract}
"""


def _holds(version: PublishedVersion, with_images: bool) -> str:
    files = "\n".join(f"| `{path}` | {_blob(digest)} |" for path, digest in sorted(version.files.items()))
    images = "\n".join(f"| `{name}` | {_blob(digest)} |" for name, digest in sorted(version.pins.items()))
    told = (
        "Container images, complete. Each manifest names a configuration and layers; a layer is a tar (often\n"
        "gzipped), and the layers unpacked over each other, lowest first, are the root folder of a Linux system for\n"
        "the processor that `images.lock.json` names; an emulator of that processor will do."
        if with_images
        else "Container images. They are **not** in this file; a registry or another archive must have them."
    )
    return f"""## What is in here

A tar file in the form of an OCI image layout (Open Container Initiative, image specification 1.1). `index.json` names
what is in it; everything lies in `blobs/sha256/` under the sha256 of its bytes. `oci-layout` says which form it is,
`images.lock.json` which image name means which bytes, `LICENCES.md` what is known of licences.

Files of the analysis:

| path | where |
|---|---|
{files}

{told}

| image | manifest |
|---|---|
{images}
"""


_CHECK = """## How to check that nothing was changed

The name of every file in `blobs/sha256/` is the sha256 of its content:

    tar xf THIS-FILE && cd blobs/sha256 && for f in *; do echo "$f  $f"; done | sha256sum --check --quiet
"""


def _with_us(version: PublishedVersion) -> str:
    example = next(iter(version.examples), None)
    chosen = f" --example {example}" if example else " --inputs INPUTS.yml"
    return f"""## How to run it with RECAST

    recast catalogue import THIS-FILE
    recast run {version.reference}{chosen}
    recast results last

No network is needed.
"""


def _without_us(version: PublishedVersion, with_images: bool) -> str:
    name = next(iter(sorted(version.pins)), "IMAGE")
    load = (
        f"skopeo copy oci-archive:THIS-FILE:{name} containers-storage:{name}"
        if with_images
        else f"skopeo copy docker://{name} containers-storage:{name}"
    )
    examples = "\n".join(
        f"- {item.name} ({one_line(item.description)}): `{json.dumps(dict(item.inputs), sort_keys=True)}`"
        for item in version.examples.values()
    )
    init = "\n".join(f"- `{key}` is the file `{path}`" for key, path in sorted(version.init.items()))
    results = "\n".join(
        f"- `{item.name}` ({item.type}): stage `{item.stage}`, output `{item.output}`"
        for item in version.declared_results
    )
    return f"""## How to run it without RECAST

1. Copy the files of the analysis to the paths in the table above.
2. Load an image, for example: `{load}`
   Any program that starts OCI images will do, or a `chroot` into the unpacked layers.
3. Read `{version.workflow}`. It is YAML in the language of *yadage*. It lists stages. A stage waits for its
   `dependencies`, takes `parameters` (values, or outputs of earlier stages), and runs a `step`: a `process` (a command
   or a script in which `{{name}}` stands for a parameter) in an `environment` (an image); the `publisher` says which
   files are its outputs. `$ref: file.yml#/part` includes a part of another file. A multistep stage runs once for each
   element of a list. `{{workdir}}` is an empty folder of the step's own.
4. Run the stages by hand in that order. The first values come from these inputs:

{examples or "- none are given"}

   and from these files:

{init or "- none"}

5. The results are:

{results}
"""


def _said(said: Sequence[Entry]) -> str:
    lines = ["## What was said of this version when this file was written", ""]
    signed_words = {entry.statement.content() for entry in said if entry.signature}
    for entry in said:
        if entry.signature is None and entry.statement.content() in signed_words:
            continue
        it = entry.statement
        signed = "signed" if entry.signature else "not signed"
        told = f"{it.when}: {it.state} by {it.who} ({signed})" + (f": {it.reason}" if it.reason else "")
        lines.append(f"- {one_line(told)}")
        lines.append(f"  statement.json: {_blob(_sha256(it.content()))}")
        if entry.signature is not None:
            lines.append(f"  statement.json.sig: {_blob(_sha256(entry.signature))}")
    return "\n".join([*lines, *([] if said else ["- nothing"]), "", _SIGNED])


_SIGNED = """A signature is made with OpenSSH over the bytes of the statement beside it. To verify one by hand,
first compare `analysis`, `version` and `digest` in the statement with those above, then:

    ssh-keygen -Y verify -f ALLOWED_SIGNERS -I ANALYSIS -n recast-version -s statement.json.sig < statement.json
"""
