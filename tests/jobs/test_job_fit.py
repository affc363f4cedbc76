"""Which jobs no kernel could start."""

from dataclasses import replace

import pytest

from recast.jobs import Artifact, Bind, ContainerJob, OutputPattern, unfit

JOB = ContainerJob("j", "sha256:" + "0" * 64, "true", None, "sh", "/recast/run/a/0")
HALF = "\ud800"


@pytest.mark.parametrize(
    "changed",
    [
        *({"command": f"echo {letter}"} for letter in ("\0", HALF)),
        *({"interpreter": f"sh {letter}"} for letter in ("\0", HALF)),
        *({"cwd": f"/x{letter}"} for letter in ("\0", "\n", "\x1b", HALF)),
        *({"workdir": f"/recast/run/{letter}"} for letter in ("\0", "\n", HALF)),
        *({"texts": {f"/x{letter}": ""}} for letter in ("\0", "\n", "\x7f", HALF)),
        *({"env": {f"X{letter}": ""}} for letter in ("\0", "\n", "=", HALF)),
        *({"env": {"X": letter}} for letter in ("\0", HALF)),
        {"env": {"": "x"}},
        {"inputs": (Artifact("/recast/run/x\0", "sha256:" + "0" * 64, 0),)},
        {"outputs": (OutputPattern("x\0"),)},
        {"binds": (Bind("/x", "/y\0"),)},
    ],
    ids=repr,
)
def test_texts_that_no_process_can_be_given(changed):
    assert unfit(replace(JOB, **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"command": "printf 'a\nb'"},
        {"command": "echo caf\xe9 \udcff"},
        {"command": None, "script": "a\0b"},
        {"texts": {"/etc/x": "a\0b"}},
        {"env": {"X": "a\nb=c"}},
        {"outputs": (OutputPattern("a\nb"),)},
    ],
    ids=repr,
)
def test_what_files_and_commands_may_hold(changed):
    assert unfit(replace(JOB, **changed)) == ""


@pytest.mark.parametrize(
    "paths",
    [
        *(["/proc/sys/kernel/core_pattern"], ["/sys/x"], ["/dev/null"], ["/dev/shm/x"], ["/./proc//x"]),
        *(["/"], ["/tmp"], ["/recast"], ["/recast/run"], ["/recast//run"]),
        *(["/a/b", "/a//b"], ["/a/b", "/a/./b"], ["/a", "/a/b/c"], ["/a/b/c", "/a/b"]),
    ],
    ids=repr,
)
def test_texts_without_a_place_of_their_own(paths):
    assert unfit(replace(JOB, texts=dict.fromkeys(paths, "x")))


@pytest.mark.parametrize(
    "paths",
    [
        *(["/a/b", "/a/c"], ["/a/b", "/a/bc"], ["/tmp/x"], ["/device/x"], ["/etc/resolv.conf"]),
        *(["/recast/run/.texts/0"], ["/recast/run/a/0/x"], ["/recast/work"], ["/x", "/recast/run/x"]),
    ],
    ids=repr,
)
def test_texts_that_have_one(paths):
    assert unfit(replace(JOB, texts=dict.fromkeys(paths, "x"))) == ""
