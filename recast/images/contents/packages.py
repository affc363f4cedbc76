"""The packages installed in an image, according to dpkg and Python's records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from urllib.parse import quote

from recast.images.contents.inventory import read_files
from recast.images.layout import ImageStore

__all__ = ["Package", "installed_packages"]

_DPKG = re.compile(r"var/lib/dpkg/status(?:\.d/[^/]+)?")
_OS_RELEASE = re.compile(r"(?:etc|usr/lib)/os-release")
_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")
_PYTHON = re.compile(r".*\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)")
_LOCK = re.compile(r"(?:.*/)?requirements\.(?:lock|txt)")
_WANTED = re.compile("|".join(f"(?:{pattern.pattern})" for pattern in (_DPKG, _OS_RELEASE, _COPYRIGHT, _PYTHON, _LOCK)))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)((?:[\s\\]+--hash=sha256:[0-9a-f]{64})+)", re.MULTILINE)
_LICENCE = re.compile(r"^License:[ \t]*(\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package.

    `purl` is its package URL. `licences` are names as written by the package; `expression` is an SPDX expression
    instead, if the package has one. `sha256` is its archive's, if a lock file in the image has it.
    """

    name: str
    version: str
    purl: str
    licences: tuple[str, ...] = ()
    expression: str = ""
    sha256: str = ""


def installed_packages(store: ImageStore, digest: str) -> list[Package]:
    """Return the Debian and Python packages of an image, sorted by package URL, each once."""
    files = {
        path: content.decode(errors="replace")
        for path, content in read_files(store, digest, lambda path: _WANTED.fullmatch(path) is not None).items()
    }
    found = {package.purl: package for package in [*_debian(files), *_python(files)]}
    return [found[purl] for purl in sorted(found)]


def _debian(files: Mapping[str, str]) -> Iterator[Package]:
    release = dict(_assignments(files.get("usr/lib/os-release") or files.get("etc/os-release") or ""))
    system = release.get("ID", "debian")
    distro = f"{system}-{release['VERSION_ID']}" if "VERSION_ID" in release else system
    for path, text in files.items():
        if _DPKG.fullmatch(path):
            for fields in _stanzas(text):
                if fields.get("status", "install ok installed").endswith(" installed"):
                    yield _debian_package(fields, system, distro, files)


def _debian_package(fields: Mapping[str, str], system: str, distro: str, files: Mapping[str, str]) -> Package:
    name, version = fields["package"], fields["version"]
    purl = f"pkg:deb/{_quoted(system)}/{_quoted(name)}@{_quoted(version)}"
    purl += f"?arch={_quoted(fields.get('architecture', 'all'))}&distro={_quoted(distro)}"
    return Package(name, version, purl, _debian_licences(files.get(f"usr/share/doc/{name}/copyright", "")))


def _debian_licences(text: str) -> tuple[str, ...]:
    """Return the names of a machine-readable copyright file (DEP 5); others are prose, which is ignored."""
    if not text.startswith("Format:"):
        return ()
    return tuple(sorted({match.strip()[:200] for match in _LICENCE.findall(text)}))


def _python(files: Mapping[str, str]) -> Iterator[Package]:
    hashes = dict(pin for path, text in sorted(files.items()) if _LOCK.fullmatch(path) for pin in _pins(text))
    for path, text in files.items():
        if not _PYTHON.fullmatch(path):
            continue
        said = HeaderParser().parsestr(text.partition("\n\n")[0] + "\n\n")
        name, version = str(said.get("Name", "")).strip(), str(said.get("Version", "")).strip()
        if name and version:
            plain = _normal(name)
            licence = str(said.get("License") or "").strip().partition("\n")[0][:200]
            yield Package(
                name,
                version,
                f"pkg:pypi/{_quoted(plain)}@{_quoted(version)}",
                licences=_of_classifiers(said.get_all("Classifier") or []) or ((licence,) if licence else ()),
                expression=str(said.get("License-Expression") or "").strip(),
                sha256=hashes.get((plain, version), ""),
            )


def _of_classifiers(lines: list[str]) -> tuple[str, ...]:
    names = (str(line).rpartition(" :: ")[2].strip() for line in lines if str(line).startswith("License :: "))
    return tuple(sorted({name for name in names if name and name != "OSI Approved"}))


def _pins(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the pins of a lock file that allow only one archive."""
    for name, version, options in _PIN.findall(text):
        hashes = re.findall(r"[0-9a-f]{64}", options)
        if len(hashes) == 1:
            yield (_normal(name), version), hashes[0]


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("\n\n"):
        lines = (line.partition(":") for line in block.splitlines() if line and not line[0].isspace())
        fields = {name.lower(): value.strip() for name, colon, value in lines if colon}
        if fields.get("package") and fields.get("version"):
            yield fields


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip().strip("\"'")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")
