"""The texts of pipelines, with what differs between forges filled in. Pure but for reading our own files."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from recast._version import __version__

__all__ = ["REQUIREMENT", "pipeline_files"]

REQUIREMENT = f"recast-framework=={__version__}"
"""What a pipeline installs: the version that wrote it, so that an update is a commit of its own."""

_FILES = Path(__file__).with_name("files")
_PACKAGES = "git python3-venv bubblewrap mmdebstrap buildah skopeo openssh-client"
_NAMES = {
    "github": {
        ".github/workflows/recast.yml": "github.yml",
        ".github/workflows/recast-publish.yml": "github-publish.yml",
    },
    "gitea": {".gitea/workflows/recast.yml": "gitea.yml"},
    "gitlab": {"templates/recast.yml": "gitlab-component.yml", ".gitlab-ci.yml": "gitlab-ci.yml"},
}


def pipeline_files(forge: str) -> dict[str, str]:
    """Return the files of a forge's pipeline by their path in the repository."""
    return {path: _text(name) for path, name in _NAMES[forge].items()}


def _text(name: str) -> str:
    text = (_FILES / name).read_text(encoding="utf-8")
    fills = {
        "@REQUIREMENT@": REQUIREMENT,
        "@INSTALL_GITHUB@": indent(_on_runner(), " " * 8),
        "@INSTALL_ROOT@": indent(_in_container(REQUIREMENT, 'echo "$venv/bin" >> "$GITHUB_PATH"'), " " * 8),
        "@INSTALL_GITLAB@": indent(_in_container("$INSTALL_RECAST", 'export PATH="$venv/bin:$PATH"'), " " * 4),
    }
    for mark, fill in fills.items():
        text = text.replace(mark, fill)
    return text


def _on_runner() -> str:
    """Return how a hosted runner of GitHub, which is an ordinary user of Ubuntu, gets RECAST."""
    return "\n".join(
        [
            "if ! command -v recast >/dev/null; then",
            "  # Ubuntu lets nobody but root make the namespaces that containers of an ordinary user are made of.",
            "  sudo sysctl -qw kernel.apparmor_restrict_unprivileged_userns=0",
            "  sudo apt-get update -qq",
            f"  sudo apt-get install -yqq --no-install-recommends {_PACKAGES}",
            '  python3 -m venv "$RUNNER_TEMP/recast"',
            f"  \"$RUNNER_TEMP/recast/bin/pip\" install --quiet '{REQUIREMENT}'",
            '  echo "$RUNNER_TEMP/recast/bin" >> "$GITHUB_PATH"',
            "fi",
        ]
    )


def _in_container(requirement: str, then: str) -> str:
    """Return how a job in a container of Debian, where it is root, gets RECAST."""
    return "\n".join(
        [
            "if ! command -v recast >/dev/null; then",
            "  apt-get update -qq",
            f"  apt-get install -yqq --no-install-recommends {_PACKAGES}",
            '  venv="$HOME/recast-venv"',
            '  python3 -m venv "$venv"',
            f'  "$venv/bin/pip" install --quiet "{requirement}"',
            f"  {then}",
            "fi",
        ]
    )
