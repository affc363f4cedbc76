"""A version in a registry: the same digest for us and for skopeo, run elsewhere by its number alone."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from catalogue_parts import about, busybox_entry, plant

from tests.registry.real import skopeo


@pytest.fixture
def place(registry, request):
    """A repository of its own for this test."""
    return f"oci://{registry.host}/t/{request.node.name.replace('[', '-').strip(']').lower()[:60].rstrip('-_')}"


def lines_of(machine, run: str) -> list:
    return machine.ok("results", run)["results"]


def test_published_here_and_run_elsewhere_with_the_same_results(author, machine, place):
    sent = author.ok("publish", author.checkout.entry, "--to", place, "--reason", "nothing to compare with")
    assert sent["at"] == f"{place}:1.0.0"
    raw = skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{sent['at'][6:]}")
    assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == sent["digest"]
    mine = author("run", "tiny-1", "--example", "demo")
    assert mine.code == 0, mine.err
    other = machine("reader")
    theirs = other("run", f"{place}:1.0.0", "--example", "demo")
    assert theirs.code == 0, theirs.err
    assert "pulling recast/busybox:1" in theirs.err
    assert lines_of(other, theirs.out.strip()) == lines_of(author, mine.out.strip())
    shown = other.ok("show", theirs.out.strip())
    assert shown["digest"] == sent["digest"]
    assert {step["image_run"] for step in shown["steps"][1:]} == set(author.checkout.digests.values())


TITLE = "org.opencontainers.image.title"
REASON = ("--reason", "nothing to compare with")


def test_the_same_again_moves_nothing_and_other_bytes_need_a_new_number(author, place):
    first = author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    again = author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    assert (again["new"], again["moved_bytes"], again["digest"]) == (False, 0, first["digest"])
    author.checkout.write_entry(busybox_entry({"/title": "Other"}))
    refused = author("publish", author.checkout.entry, "--to", place, *REASON)
    assert refused.code == 3
    assert "never changes" in refused.err


def test_another_team_cannot_give_the_number_other_bytes(author, machine, place, tmp_path):
    sent = author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    author.checkout.write_entry(busybox_entry({"/title": "Other"}))
    rival = machine("rival")
    refused = rival(
        "publish", author.checkout.entry, "--to", place, *REASON, RECAST_IMAGE_STORE=str(author.images.root)
    )
    assert refused.code == 3
    assert "version.immutable" in refused.err
    assert sent["digest"] in refused.err
    raw = skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{sent['at'][6:]}")
    assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == sent["digest"]


def test_of_two_publishers_at_once_at_most_one_is_told_of_success(author, machine, place):
    """Registries have no compare-and-swap: both may be refused, never both be told that they won."""
    entries = []
    for number in range(4):
        entries.append(author.checkout.entry.with_name(f"e{number}.yml"))
        author.checkout.write_entry(busybox_entry({"/title": f"Title {number}"}))
        entries[-1].write_text(author.checkout.entry.read_text())
    answers = {}
    rivals = [machine(f"rival{number}") for number in range(4)]

    def publish(number: int) -> None:
        images = str(author.images.root)
        answers[number] = rivals[number](
            "publish", entries[number], "--to", place, *REASON, "-o", "json", RECAST_IMAGE_STORE=images
        )

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [answer.json["digest"] for answer in answers.values() if answer.code == 0]
    assert len(won) <= 1
    for answer in answers.values():
        assert answer.code == 0 or "version.immutable" in answer.err or "version.claimed" in answer.err, answer.err
    if won:
        raw = skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{place[6:]}:1.0.0")
        assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == won[0]


def test_a_claim_of_somebody_else_is_respected(author, place, registry):
    from recast.registry import Registry

    author.ok("publish", author.checkout.entry, "--to", f"{place}-a", *REASON)
    with Registry(f"{place}-a") as first:
        bundle = next(tag for tag in first.tags() if tag.startswith("1.0.0_"))
        claim = first.document(bundle).content
    skopeo("copy", "--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false",
           f"docker://{place[6:]}-a:{bundle}", f"docker://{place[6:]}:1.0.0_ffffffffffff")  # fmt: skip
    refused = author("publish", "tiny-1@1.0.0", "--to", place, *REASON)
    assert refused.code == 3
    assert "version.claimed" in refused.err
    assert claim


def test_one_skopeo_sync_mirrors_everything(author, machine, place, registry, tmp_path):
    key = new_key(tmp_path)
    sent = author.ok("publish", author.checkout.entry, "--to", place, *REASON, "--key", key)
    name = place.rpartition("/")[2]
    skopeo("sync", "--all", "--preserve-digests", "--src", "docker", "--dest", "docker", "--src-tls-verify=false",
           "--dest-tls-verify=false", place[6:], f"{registry.host}/mirror")  # fmt: skip
    reader = machine("reader")
    done = reader("run", f"oci://{registry.host}/mirror/{name}:1.0.0", "--example", "demo")
    assert done.code == 0, done.err
    here, there = reader.ok("catalogue", "log", "tiny-1")
    assert {here["digest"], there["digest"]} == {sent["digest"]}
    assert [it["signature"]["state"] for it in (here, there)] == ["unsigned", "unknown"]
    assert reader.ok("catalogue", "show", "tiny-1")["signature"]["state"] == "unknown"


def test_after_the_first_time_no_registry_is_needed(author, machine, tmp_path):
    from tests.registry.real import real_registry

    reader = machine("reader")
    with real_registry(tmp_path / "gone") as real:
        place = f"oci://{real.host}/tiny-1"
        author.ok("publish", author.checkout.entry, "--to", place, *REASON)
        first = reader("run", f"{place}:1.0.0", "--example", "demo")
        assert first.code == 0, first.err
    for name in (f"{place}:1.0.0", place, "tiny-1@1.0.0", "tiny-1"):
        again = reader("run", name, "--example", "demo", RECAST_HTTP_TIMEOUT_S="0.5")
        assert again.code == 0, again.err
        assert reader.ok("results", again.out.strip())["results"] == reader.ok("results", first.out.strip())["results"]
    assert machine("other")("run", f"{place}:1.0.0", RECAST_HTTP_TIMEOUT_S="0.5").code == 4


def test_what_is_said_at_the_registry_reaches_everybody(author, machine, place, tmp_path):
    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    reader = machine("reader")
    assert reader("run", f"{place}:1.0.0", "--example", "demo").code == 0
    author.checkout.write_entry(busybox_entry({"/versions/0/version": "1.1.0"}))
    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    author.ok("catalogue", "withdraw", f"{place}:1.0.0", "--reason", "a wrong sign", "--key", new_key(tmp_path))
    refused = reader("run", f"{place}:1.0.0", "--example", "demo")
    assert refused.code == 5
    assert "a wrong sign" in refused.err
    assert reader("run", "tiny-1@1.0.0", "--example", "demo").code == 5  # it is not forgotten offline
    assert reader("run", place, "--example", "demo").code == 0  # the newest is another
    rows = machine("third").ok("catalogue", "log", place)
    assert [(row["version"], row["state"]) for row in rows if row["where"] or row["state"] == "withdrawn"] == [
        ("1.0.0", "published"),
        ("1.1.0", "published"),
        ("1.0.0", "withdrawn"),
    ]


def test_a_number_that_means_other_bytes_later_is_refused(author, machine, place):
    from recast.registry import Registry

    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    reader = machine("reader")
    first = reader.ok("catalogue", "show", f"{place}:1.0.0")
    author.checkout.write_entry(busybox_entry({"/versions/0/version": "1.1.0"}))
    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    with Registry(place) as registry:  # somebody with the password does it
        registry.put_document(registry.document("1.1.0").content, "1.0.0")
    refused = reader("run", f"{place}:1.0.0", "--example", "demo")
    assert refused.code == 3
    assert "version.moved" in refused.err
    assert reader("run", f"{place}@{first['digest']}", "--example", "demo").code == 0
    assert machine("new")("run", f"{place}:1.0.0", "--example", "demo").code == 3


def test_what_is_no_version_is_named(author, machine, place):
    skopeo(
        "copy", "--dest-tls-verify=false", f"oci:{author.images.root}:recast/busybox:1", f"docker://{place[6:]}:1.0.0"
    )
    answer = machine("reader")("catalogue", "show", f"{place}:1.0.0")
    assert answer.code == 3
    assert "not a version of an analysis" in answer.err
    missing = machine("reader")("catalogue", "show", f"{place}:2.0.0")
    assert missing.code == 6
    assert "1.0.0" in missing.err


def test_every_failing_check_is_named_with_its_remedy(author, place):
    checkout = author.checkout
    checkout.write_entry(busybox_entry({"/versions/0/examples/demo/inputs": {"words": ["A"]}}))
    (checkout.spec / "images.lock.json").unlink()
    told = author("publish", checkout.entry, "--to", place, "--dry-run", "-o", "json")
    assert told.code == 3
    verdicts = {check["check"]: check for check in told.json["checks"]}
    assert {name: check["verdict"] for name, check in verdicts.items()} == {
        "entry": "passed",
        "spec": "passed",
        "inputs": "failed",
        "pinned": "failed",
        "planned": "skipped",
        "present": "skipped",
        "validated": "skipped",
    }
    assert "recast image" in verdicts["pinned"]["next"]
    assert verdicts["inputs"]["where"].endswith("/versions/0/examples/demo/inputs")
    both = author("publish", checkout.entry, "--to", place)
    assert both.code == 3
    assert "2 checks fail" in both.err
    assert author.ok("catalogue", "ls") == []


def test_a_registry_wants_images_and_a_validation_or_a_reason(author, machine, place):
    refused = author("publish", author.checkout.entry, "--to", place)
    assert refused.code == 3
    assert "--reason" in refused.err
    bare = machine("bare")("publish", author.checkout.entry, "--to", place, *REASON)
    assert bare.code == 3
    assert "2 of 2 images are not in the image store" in bare.err
    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    said = author.ok("catalogue", "log", "tiny-1")
    assert [row["reason"] for row in said] == [REASON[1], REASON[1]]
    assert said[-1]["where"] == place[6:]


def test_an_example_that_cannot_be_planned_is_refused(author):
    text = (author.checkout.spec / "workflow.yml").read_text()
    (author.checkout.spec / "workflow.yml").write_text(
        text.replace("{step: init, output: words}", "{step: init, output: wrds}")
    )
    told = author("publish", author.checkout.entry, "--dry-run", "-o", "json")
    assert told.code == 3
    verdicts = {check["check"]: check["verdict"] for check in told.json["checks"]}
    assert "failed" in (verdicts["planned"], verdicts["spec"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda manifest: manifest["layers"][0]["annotations"].update({TITLE: "../../outside"}),
            "does not stay inside",
        ),
        (lambda manifest: manifest["layers"][0]["annotations"].update({TITLE: "/etc/passwd"}), "does not stay inside"),
        (lambda manifest: manifest["layers"][0].update(size=3), "size"),
        (lambda manifest: manifest["layers"][0].update(size=2 << 30), "bytes"),
        (lambda manifest: manifest["layers"].extend([manifest["layers"][0]] * 4000), ""),
        (lambda manifest: manifest.update(config=manifest["layers"][0]), "not a published version"),
    ],
)
def test_a_hostile_version_is_refused_and_leaves_nothing_behind(author, machine, place, change, words):
    from recast.registry import Registry

    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    with Registry(place) as registry:
        manifest = registry.document("1.0.0").data
        change(manifest)
        registry.put_document(json.dumps(manifest).encode(), "6.6.6")
    reader = machine("reader")
    answer = reader("run", f"{place}:6.6.6", "--example", "demo")
    assert answer.code in (3, 4), answer.err
    assert "Traceback" not in answer.err
    assert words in answer.err
    assert reader.ok("catalogue", "ls") == []


@pytest.mark.slow
def test_a_version_of_a_thousand_files_arrives_whole(author, place):
    """Each is a blob of its own. How long that takes is the disk's and the registry's, and no test's."""
    names = [f"files/f{number:04}.txt" for number in range(1000)]
    for name in names:
        (author.checkout.spec / name).write_text(f"{name}\n" * 50)
    here = author.ok("publish", author.checkout.entry, *REASON)
    there = author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    assert there["digest"] == here["digest"]
    raw = json.loads(skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{there['at'][6:]}"))
    titles = {layer["annotations"][TITLE] for layer in raw["layers"]}
    assert titles >= set(names)


def new_key(folder: Path, name: str = "key") -> Path:
    import subprocess

    file = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "jane@example.org", "-f", file], check=True)
    return file


def test_what_came_from_a_registry_does_not_take_the_name_of_what_is_published_here(author, machine, place):
    author.checkout.write_entry(busybox_entry({"/versions/0/version": "9.0.0"}))
    rival = machine("rival")
    rival.ok("publish", author.checkout.entry, "--to", place, *REASON, RECAST_IMAGE_STORE=str(author.images.root))
    author.checkout.write_entry(busybox_entry({}))
    author.ok("publish", author.checkout.entry)
    fetched = author("show", f"{place}:9.0.0")
    assert fetched.code == 0, fetched.err
    assert author.ok("catalogue", "show", "tiny-1")["version"] == "1.0.0"
    assert author.ok("catalogue", "show", "tiny-1@9.0.0")["version"] == "9.0.0"
    other = machine("reader")
    assert other("show", f"{place}:9.0.0").code == 0
    assert other.ok("catalogue", "show", "tiny-1")["version"] == "9.0.0"


def test_a_tag_that_means_another_number_is_refused_though_nobody_typed_it(author, machine, place):
    from recast.registry import Registry

    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    with Registry(place) as registry:
        content = registry.document("1.0.0").content
        registry.put_document(content, "2.0.0")
        registry.put_document(content, "1.0.0_0123456789ab")
    for name in (place, f"{place}:2.0.0", f"{place}:1.0.0_0123456789ab"):
        refused = machine(f"reader-{name[-1]}")("show", name)
        assert refused.code == 3, name
        assert "version.moved" in refused.err


def test_words_of_a_registry_about_other_names_verify_nothing(author, machine, place, tmp_path):
    from recast.catalogue.oci_index import entry, index_bytes
    from recast.catalogue.transfer.connection import open_registry
    from recast.signing import sign

    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    version = author.catalogue.get("tiny-1")
    key = new_key(tmp_path)
    said = about(version, analysis="evil-thing")
    manifest = plant(version, said, sign(said.content(), key))
    with open_registry(place) as registry:
        registry.push(manifest, version.store.layout)
        listed = [entry(it, len(version.store.read(it))) for it in author.catalogue.book(version).manifests()]
        registry.put_document(index_bytes(listed), version.digest.replace(":", "-"))
    reader = machine("reader")
    reader.ok("catalogue", "ls")
    assert reader("catalogue", "signers", "add", "evil-*", f"{key}.pub").code == 0
    shown = reader("catalogue", "show", f"{place}:1.0.0", "-o", "json")
    assert shown.json["signature"]["state"] == "unsigned"
    assert "is ignored" in shown.err
    refused = reader("run", f"{place}:1.0.0", "--example", "demo", RECAST_SIGNATURES="required")
    assert refused.code == 5


def test_a_withdrawal_that_was_said_here_first_still_reaches_the_registry(author, machine, place):
    """So does one that a registry did not hear because it was out of reach."""
    author.ok("publish", author.checkout.entry, "--to", place, *REASON)
    first = author("catalogue", "withdraw", "tiny-1@1.0.0", "--reason", "a wrong sign")
    assert f"not sent   {place[6:]}: recast catalogue withdraw {place}:1.0.0" in first.err
    reader = machine("reader")
    assert reader.ok("catalogue", "show", f"{place}:1.0.0")["state"] == "published"
    told = author("catalogue", "withdraw", f"{place}:1.0.0", "--reason", "a wrong sign")
    assert told.code == 0, told.err
    assert "the statement is now sent to the registry" in told.err
    assert reader.ok("catalogue", "show", f"{place}:1.0.0")["state"] == "withdrawn"
    assert author("catalogue", "withdraw", "tiny-1@1.0.0", "--reason", "again").code == 3
    assert author("catalogue", "deprecate", f"{place}:1.0.0", "--reason", "old").code == 3
