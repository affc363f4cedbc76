"""Rules on good practice: specs that run, but not as intended, not everywhere, or not in ten years."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["PRACTICE"]

PRACTICE = (
    Rule(
        "spec.secret",
        "The spec contains a secret",
        "Specs are published and copied; everybody who reads the spec has the secret. Once committed, it stays known.",
        "Revoke the secret, remove it, and let the site provide it to the job: `resources: [GRIDProxy]`, KRB5Auth, or "
        "an input of the run.",
        "error",
        False,
    ),
    Rule(
        "spec.floating-image",
        "An image is named by a tag",
        "A tag may refer to another image tomorrow; only a digest identifies an image permanently.",
        "Write `image: NAME@sha256:...`, or pin it in images.lock.json.",
        "warning",
        False,
    ),
    Rule(
        "spec.image-reference",
        "An image that cannot be referred to like this",
        "The tag belongs in `imagetag`, latest by default, and is appended to the image: `a:1` becomes `a:1:latest`.",
        "Write the name in `image` and the tag in `imagetag`, or `image: NAME@sha256:...`.",
        "error",
        False,
    ),
    Rule(
        "spec.no-set-e",
        "A script of several commands continues after a failure",
        "Only the exit code of the last command counts: a failed first command goes unnoticed.",
        "Start the script with `set -e`, or join its commands with `&&`.",
        "warning",
        False,
    ),
    Rule(
        "spec.hidden-exit",
        "The failure of a command is hidden",
        "A pipe has the exit code of its last command, and `|| true` always succeeds: the step succeeds whatever "
        "happens.",
        "Use `set -o pipefail` with bash, write to a file instead of a pipe, or handle the failure.",
        "warning",
        False,
    ),
    Rule(
        "spec.open-glob",
        "A publisher that may match nothing",
        "A step that leaves no file succeeds with an empty list, and a scatter over that list creates no steps.",
        "Name the files, or let the command fail without them: `ls *.root > /dev/null` as its last line.",
        "note",
        False,
    ),
    Rule(
        "spec.unmentioned-output",
        "A publisher names a file that the command never mentions",
        "Nothing in the spec shows that the step writes this file; sometimes one of the two names has a typo.",
        "Pass the name to the command, or publish the file that it writes.",
        "note",
        False,
    ),
    Rule(
        "spec.no-output",
        "A step publishes no file",
        "Only its exit code shows whether it did anything, and no other stage can use its output.",
        "Publish the files that it writes.",
        "note",
        False,
    ),
    Rule(
        "spec.fetches",
        "A command fetches from the network",
        "A job has no network unless its environment sets `recast: {network: true}`; and whatever it fetches may be "
        "gone or different in a year.",
        "Put the software into the image and the data into the inputs.",
        "warning",
        False,
    ),
    Rule(
        "spec.undeclared-resource",
        "A command reads /cvmfs without asking for it",
        "Only a step that asks for CVMFS gets it, and is sent to a site that has it.",
        "Add `resources: [CVMFS]` to the environment.",
        "warning",
        False,
    ),
    Rule(
        "spec.host-path",
        "A path that exists only for one person or on one machine",
        "The folder exists on no other machine.",
        "Put the files into the image or the inputs.",
        "warning",
        False,
    ),
    Rule(
        "spec.host-process",
        "A step runs on the host itself",
        "It depends on the machine, sees your files, and runs only with `--allow-host-process`.",
        "Give the step a container image.",
        "note",
        False,
    ),
    Rule(
        "spec.ignored-by-yadage",
        "Something that yadage does not do",
        "yadage 0.21.2 ignores `env`, and crashes on a script in a `localproc-env`; RECAST supports both.",
        "Set the variables in the script, or accept that the spec runs only in RECAST.",
        "note",
        False,
    ),
    Rule(
        "spec.confusable-name",
        "A name mixes alphabets",
        "Letters of different alphabets can look the same, so two different names may look alike.",
        "Write the name in one alphabet.",
        "warning",
        False,
    ),
    Rule(
        "spec.allow",
        "A comment `# recast: allow` has no effect",
        "It names no rule, gives no reason, suppresses nothing, or tries to suppress a finding that stops the run.",
        "Write `# recast: allow CODE reason` on the line of the finding or above it, or remove the comment.",
        "warning",
        False,
    ),
)
