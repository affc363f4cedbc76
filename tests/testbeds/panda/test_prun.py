"""What we send beside what prun sends: five submissions, field by field, by a published list (data/fields.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from recast.executors.panda.choices import Choices
from recast.executors.panda.parameters import SandboxRef, index_name, task_parameters
from recast.jobs import ContainerJob, OutputPattern, Resources, SecretWish, Wishes
from tests.testbeds.panda import prun
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.testbeds.panda.runs import settings

IMAGE = "registry.example.org/recast/fit@sha256:" + "ab" * 32
FIELDS = json.loads((Path(__file__).parent / "data/fields.json").read_text())
_KNOWN = Path(__file__).resolve().parents[2] / "data/prun-options.json"
_ALWAYS = [
    *("--containerImage", f"docker://{IMAGE}", "--outDS", "user.jdoe.judged", "--vo", "wlcg", "--noEmail"),
    *("--maxAttempt", "1", "--disableAutoRetry", "--expertOnly_skipScout", "--memory", "2000", "--fixedRamCount"),
    *("--outDiskCount", "5000000"),
]
"""What a user of prun would type for what RECAST promises of every job: one try, its own memory and disk."""


@dataclass(frozen=True)
class Submission:
    """The same wish in both languages: what is added to prun's words, to our settings, to our job."""

    words: Sequence[str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    job: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1


SUBMISSIONS = {
    "plain": Submission(["--exec", "fit >out.txt", "--outputs", "out.txt"]),
    "two outputs and environment": Submission(
        ["--exec", "export SEED=7; fit >a.txt; fit >b.txt", "--outputs", "a.txt,b.txt"],
        job={"env": {"SEED": "7"}, "outputs": (OutputPattern("a.txt"), OutputPattern("b.txt"))},
    ),
    "array of 10": Submission(
        # prun itself takes a list of names only with a site.
        ["--exec", "fit %IN", "--pfnList", "names", "--nFilesPerJob", "1", "--site", "LOCAL_TEST"],
        {"site": "LOCAL_TEST"},
        count=10,
    ),
    "GPU": Submission(
        ["--exec", "fit", "--architecture", "@el9#x86_64&nvidia", "--nCore", "8"],
        {"architecture": "@el9#x86_64"},
        resources={"gpus": 1, "cpus": 8, "memory_mb": 16000},
    ),
    "secret and site": Submission(
        ["--exec", "fit", "--useSecrets", "--site", "LOCAL_TEST", "--workingGroup", "wlcg", "--alrbArgs=--nohome"],
        job={
            "wishes": Wishes(
                sites=("LOCAL_TEST",),
                working_group="wlcg",
                container_args=("no-home",),
                secrets=(SecretWish("TOKEN"),),
            )
        },
    ),
}


def flat(parameters: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def ours(bed: PandaBed, folder: Path, wish: Submission) -> dict[str, Any]:
    choices = Choices.of(settings(bed, folder, **wish.settings))
    resources = replace(Resources(cpus=1, memory_mb=2000, disk_mb=5000, walltime_s=7200), **wish.resources)
    job = ContainerJob("t-0", "sha256:" + "ab" * 32, "fit", None, "sh", "/recast/run/fit/0", resources=resources)
    jobs = [replace(job, job_id=f"t-{number}", **wish.job) for number in range(wish.count)]
    sandbox = SandboxRef("jobO.00000000-0000-0000-0000-000000000000.tar.gz", "0" * 64)
    return dict(flat(task_parameters("judged", jobs, IMAGE, sandbox, choices, 600)))


def theirs(bed: PandaBed, folder: Path, wish: Submission) -> dict[str, Any]:
    (folder / "names").write_text("".join(f"{index_name(number)}\n" for number in range(wish.count)))
    return dict(flat(prun.task_parameters(bed, folder, [*_ALWAYS, *wish.words])))


@pytest.fixture(scope="module")
def pairs(
    own_panda: PandaBed, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:  # fmt: skip
    made = {}
    for name, wish in SUBMISSIONS.items():
        folder = tmp_path_factory.mktemp("wish")
        made[name] = (ours(own_panda, folder, wish), theirs(own_panda, folder, wish))
    return made


def test_the_published_list_has_at_least_twenty_fields_and_a_reason_for_each_difference() -> None:
    assert len(FIELDS["equal"]) >= 20
    for kind in ("differs", "ours_alone", "prun_alone"):
        assert all(len(why) > 20 for why in FIELDS[kind].values())


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_equals_that_of_prun(pairs: Any, name: str) -> None:
    our, their = pairs[name]
    for key, (value, _) in FIELDS["absent_means"].items():
        our.setdefault(key, value)
        their.setdefault(key, value)
    assert {key: our.get(key) for key in FIELDS["equal"]} == {key: their.get(key) for key in FIELDS["equal"]}
    assert set(our) <= {*FIELDS["equal"], *FIELDS["differs"], *FIELDS["ours_alone"]}
    assert set(their) <= {*FIELDS["equal"], *FIELDS["differs"], *FIELDS["prun_alone"]}
    assert not set(our) & set(FIELDS["prun_alone"])
    assert not set(their) & set(FIELDS["ours_alone"])


def test_each_field_of_the_list_is_seen_and_each_difference_is_one(pairs: Any) -> None:
    for key in FIELDS["equal"]:
        assert any(key in their for _, their in pairs.values()), key
    for key in FIELDS["differs"]:
        assert all(our[key] != their[key] for our, their in pairs.values()), key
    for key in FIELDS["ours_alone"]:
        assert any(key in our for our, _ in pairs.values()), key
    for key in FIELDS["prun_alone"]:
        assert any(key in their for _, their in pairs.values()), key


def test_the_table_of_options_knows_every_option_of_the_real_prun() -> None:
    real = {option["name"]: (option["takes"], option["hidden"]) for option in prun.options()}
    known = json.loads(_KNOWN.read_text())["options"]
    assert len(real) == 142
    assert {option["name"]: (option["takes"], option["hidden"]) for option in known} == real
