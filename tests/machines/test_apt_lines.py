"""Lines that install something, as apt itself judges them: what they name is there to be installed."""

from __future__ import annotations

import subprocess

import pytest

from recast.machine.facts import Facts, gather_facts
from recast.machine.packages import installed

PROGRAMS = ("bubblewrap", "podman", "docker", "mmdebstrap", "buildah", "skopeo", "newuidmap", "pip", "python3")


@pytest.mark.skipif(gather_facts().distribution != "debian", reason="the lines of other distributions need theirs")
@pytest.mark.parametrize("program", [*PROGRAMS, "apparmor-profiles", "openssl", "mksquashfs"])
def test_apt_knows_what_is_to_be_installed(program: str) -> None:
    facts = gather_facts()
    if not facts.package_lists:
        pytest.skip("apt has no lists here: apt-get update")
    line = installed(Facts("debian", (), facts.version), program)
    assert line.startswith("apt-get install ")
    done = subprocess.run(line.replace("install", "install --simulate", 1).split(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
