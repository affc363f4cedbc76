"""Parse a toplevel: a local folder, a folder on a git forge at a ref, or a folder on a web server."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from recast.errors import UsageError
from recast.suggest import nearest

__all__ = ["GitToplevel", "WebToplevel", "parse_toplevel", "split_workflow", "workflow_file"]

DEFAULT_REFS = {"github": "main", "gitlab-cern": "master"}
"""As in yadage-schemas 0.11.1."""

DIALECT = "raw_with_defaults"
_FORMS = "github:ORG/REPO[@REF][:FOLDER], gitlab-cern:GROUP/REPO[@REF][:FOLDER], https://HOST/FOLDER, or a folder here"
_FROM_GITHUB = ("lukasheinrich/yadage-workflows", "master")
_SCHEME = re.compile(r"([a-z][a-z0-9+_-]*):")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class GitToplevel:
    """A folder of a repository. `scheme` is `github` or `gitlab-cern`; `subfolder` is relative, `` is the root."""

    scheme: str
    repository: str
    ref: str
    subfolder: str = ""

    @property
    def text(self) -> str:
        """The toplevel in its full form."""
        return f"{self.scheme}:{self.repository}@{self.ref}" + (f":{self.subfolder}" if self.subfolder else "")

    @property
    def is_commit(self) -> bool:
        """Whether the ref is a commit, which never moves."""
        return _COMMIT.fullmatch(self.ref) is not None

    def below(self, folder: str) -> GitToplevel:
        """Return the toplevel of a folder inside this one."""
        path = PurePosixPath(self.subfolder, folder).as_posix()
        return GitToplevel(self.scheme, self.repository, self.ref, "" if path == "." else path)


@dataclass(frozen=True, slots=True)
class WebToplevel:
    """A folder of a web server; `url` ends with a slash."""

    url: str

    @property
    def text(self) -> str:
        """The toplevel in its full form."""
        return self.url


def parse_toplevel(text: str) -> GitToplevel | WebToplevel | None:
    """Parse a toplevel; return None for a local folder; raise UsageError for a malformed one."""
    scheme = _SCHEME.match(text)
    if text == "from-github" or text.startswith("from-github/"):
        return GitToplevel("github", *_FROM_GITHUB, _subfolder(text.removeprefix("from-github").lstrip("/"), text))
    if text.startswith("from-cap/"):
        raise _malformed(
            text,
            "yadage asks an experimental server of CERN Analysis Preservation, without checking who answers.",
            "Download the record's workflow and give its folder: --toplevel DIR",
        )
    if text.startswith(("http://", "https://")):
        return _web(text)
    if scheme is None:
        return None
    if scheme[1] not in DEFAULT_REFS:
        near = nearest(scheme[1], [*DEFAULT_REFS, "http", "https"])
        hint = f"Did you mean {near}:? " if near else ""
        raise _malformed(text, f"There is no scheme {scheme[1]!r}.", f"{hint}A toplevel is {_FORMS}.")
    return _git(scheme[1], text)


def split_workflow(name: str) -> tuple[str, str] | None:
    """Split the short form of a workflow into toplevel and file, such as `github:org/repo:specs/workflow.yml`.

    None if the name is not remote; the toplevel is then given separately, or is a local folder.
    """
    if name.startswith(("http://", "https://")):
        folder, _, file = name.rpartition("/")
        return folder, file
    if not name.startswith(tuple(f"{scheme}:" for scheme in DEFAULT_REFS)):
        return None
    place = parse_toplevel(name)
    assert isinstance(place, GitToplevel)
    path = PurePosixPath(place.subfolder)
    return replace(place, subfolder="" if path.parent == PurePosixPath() else str(path.parent)).text, path.name


def workflow_file(name: str) -> str:
    """Return a workflow's path without yadage's dialect prefix; raise UsageError for an unsupported dialect."""
    dialect = _SCHEME.match(name)
    if dialect is None or name.startswith(("http:", "https:")):
        return name
    if dialect[1] != DIALECT:
        raise UsageError(
            f"The dialect {dialect[1]!r} is not supported",
            where=name,
            why=f"A workflow is written in {DIALECT!r}, the only dialect that yadage-schemas itself has.",
            next_step=f"{name.removeprefix(dialect[0])}   (without the prefix, if it is that language)",
            code="spec.dialect",
        )
    return name.removeprefix(dialect[0])


def _git(scheme: str, text: str) -> GitToplevel:
    fields = text.split(":")[1:]
    if len(fields) > 2:
        raise _malformed(text, "It has more than one folder.", f"Write {_FORMS}.")
    repository, _, ref = fields[0].partition("@")
    names = repository.split("/")
    sound = all(_NAME.fullmatch(name) and set(name) != {"."} for name in names)
    if not sound or len(names) < 2 or (scheme == "github" and len(names) != 2):
        raise _malformed(text, f"{repository!r} is not a repository.", f"Write {_FORMS}.")
    ref = ref or DEFAULT_REFS[scheme]
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith(("/", ".lock")):
        raise _malformed(text, f"{ref!r} is not a branch, tag or commit.", f"Write {_FORMS}.")
    return GitToplevel(scheme, repository, ref, _subfolder(fields[1] if len(fields) > 1 else "", text))


def _subfolder(path: str, text: str) -> str:
    pure = PurePosixPath(path.strip("/"))
    if ".." in pure.parts or any(ord(sign) < 32 or sign == "\\" for sign in path):
        raise _malformed(text, f"The folder {path!r} leads out of the repository.", "Name a folder inside.")
    return "" if str(pure) == "." else str(pure)


def _web(text: str) -> WebToplevel:
    try:
        parts = urlsplit(text)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise _malformed(text, "It is not a URL.", "Write https://HOST/FOLDER.")
    if parts.username is not None:
        shown = text.replace(parts.netloc, parts.netloc.rpartition("@")[2])
        raise _malformed(shown, "A URL with a password is written to logs and records.", "Put it into no URL.")
    if parts.query or parts.fragment:
        raise _malformed(text, "It ends with a query or fragment; files cannot be found below that.", "Cut it off.")
    return WebToplevel(text.rstrip("/") + "/")


def _malformed(text: str, why: str, next_step: str) -> UsageError:
    return UsageError("The toplevel is not valid", where=text, why=why, next_step=next_step, code="usage.toplevel")
