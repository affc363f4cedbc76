"""What the linter finds beyond a run's rules, each with its line; and what it leaves alone."""

from __future__ import annotations

import pytest
from spec_parts import FIRST, single, stages

from recast.spec.lint.judge import MOST_FINDINGS, judge
from recast.spec.lint.shell import commands, is_shell

IMAGE = "busybox@sha256:" + "0" * 64


def found(specs, text):
    """Return code and line of each finding in a workflow."""
    specs.write("workflow.yml", text)
    judgement = judge(specs.folder / "workflow.yml", [specs.folder], lint=True)
    return [(finding.code.removeprefix("spec."), finding.position.line) for finding in judgement.findings]


def script(text, *, interpreter="sh", environment=f"{{environment_type: docker-encapsulated, image: '{IMAGE}'}}"):
    body = "".join(f"        {line}\n" for line in text.split("\n"))
    return stages(
        "name: a\ndependencies: [init]\nscheduler:\n  scheduler_type: singlestep-stage\n"
        "  parameters: {out: '{workdir}/x'}\n  step:\n    process:\n      process_type: interpolated-script-cmd\n"
        f"      interpreter: {interpreter}\n      script: |\n{body}"
        f"    environment: {environment}\n    publisher: {{publisher_type: frompar-pub, outputmap: {{x: out}}}}\n"
    )


FIRST_LINE = 12
"""The line of the file in which the scripts below start."""


@pytest.mark.parametrize(
    ("text", "interpreter"),
    [
        ("fit > {out}", "sh"),
        ("set -e\na\nfit > {out}", "sh"),
        ("set -euo pipefail\na\nfit > {out}", "bash"),
        ("set -o errexit\na\nfit > {out}", "bash"),
        ("a\nfit > {out}", "bash -e"),
        ("a\nfit > {out}", "/bin/bash -xe"),
        ("a &&\nb \\\n  -c && fit > {out}", "sh"),
        ("X=1\nexport Y=2\necho hello\nfit > {out}", "zsh"),
        ("# a comment\n\nfit > {out}", "sh"),
        ("a || exit 1\nfit > {out}", "sh"),
        ("cat > {out} <<EOF\na\nb\nEOF", "sh"),
        ("python -c '\nimport os\nprint()\n' > {out}", "sh"),
        ("import os\nprint('{out}')", "python"),
    ],
)
def test_scripts_that_stop_at_a_failure(specs, text, interpreter):
    assert found(specs, script(text, interpreter=interpreter)) == []


@pytest.mark.parametrize(
    ("text", "interpreter"),
    [
        ("cd /x\nfit > {out}", "sh"),
        ("a; b\nfit > {out}", "/bin/bash"),
        ("X=$(a)\nfit > {out}", "/usr/bin/env bash"),
        ("if true\nthen fit > {out}\nfi", "sh -x"),
        ("cat <<'E' > x\na\nE\nfit > {out}", "sh"),
    ],
)
def test_scripts_that_go_on_after_a_failure(specs, text, interpreter):
    assert found(specs, script(text, interpreter=interpreter)) == [("no-set-e", FIRST_LINE - 1)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("set -e\nfit\ndraw 2>&1 | tee log\nmv a {out}", "hidden-exit", 2),
        ("set -e\nfit > {out} || true", "hidden-exit", 1),
        ("set -e\nfit > {out}\nwget -q https://example.org/x", "fetches", 2),
        ("set -e\npip install numpy\nfit > {out}", "fetches", 1),
        ("set -e\nfit /afs/cern.ch/user/j/x > {out}", "host-path", 1),
        ("set -e\n. /cvmfs/atlas.cern.ch/x.sh\nfit > {out}", "undeclared-resource", 1),
        ("set -e\nawk '{print $2}' x > {out}", "stray-brace", 1),
        ("set -e\nfit > {out}\necho ${HOME}", "stray-brace", 2),
        ("set -e\nfit > {out}\nfind . -exec ls {} +", "stray-brace", 2),
        ("set -e\nfit > {out}\necho {mass}", "placeholder", 2),
    ],
)
def test_a_finding_in_a_script_has_its_line(specs, text, code, line):
    assert found(specs, script(text)) == [(code, FIRST_LINE + line)]


@pytest.mark.parametrize(
    "text",
    [
        "set -o pipefail\nfit | tee {out}",
        "set -e\necho hello | tee {out}",
        "set -e\ncurlew --wget > {out}",
        "set -e\nfit > {out} # curl x",
    ],
)
def test_what_only_looks_like_it(specs, text):
    assert [code for code, _ in found(specs, script(text, interpreter="bash"))] in (
        [],
        ["fetches"] * ("# curl" in text),
    )


def test_a_step_that_asks_for_the_network_may_fetch(specs):
    environment = f"{{environment_type: docker-encapsulated, image: '{IMAGE}', recast: {{network: true}}}}"
    assert found(specs, script("curl https://example.org > {out}", environment=environment)) == []


def published(publisher, command="fit", parameters="{}"):
    return stages(
        single(
            parameters,
            f"step: {{process: {{cmd: '{command}'}}, publisher: {publisher}, "
            f"environment: {{environment_type: docker-encapsulated, image: '{IMAGE}'}}}}",
        )
    )


@pytest.mark.parametrize(
    ("publisher", "command", "parameters", "codes"),
    [
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/plot.pdf'}}", "draw plot", "{}", []),
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/plots/a.pdf'}}", "draw --into plots", "{}", []),
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/{n}.pdf'}}", "draw {n}", "{n: plot}", []),
        ("{publisher_type: interpolated-pub, publish: {a: plot.pdf}, relative_paths: true}", "draw", "{}",
         ["unmentioned-output"]),
        ("{publisher_type: interpolated-pub, publish: {a: plot.pdf}}", "draw", "{}", []),
        ("{publisher_type: fromyaml-pub, yamlfile: result.yml}", "fit", "{}", ["unmentioned-output"]),
        ("{publisher_type: fromyaml-pub, yamlfile: result.yml}", "fit > result.yml", "{}", []),
        ("{publisher_type: frompar-pub, outputmap: {a: o}}", "fit", "{o: '{workdir}/limits.json'}",
         ["unmentioned-output"]),
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/*.pdf'}, glob: true}", "draw", "{}",
         ["open-glob"]),
        ("{publisher_type: fromglob-pub, outputkey: a, globexpression: '../*'}", "draw", "{}",
         ["open-glob", "path-escape"]),
        ("{publisher_type: fromglob-pub, outputkey: a, globexpression: '/etc/*'}", "draw", "{}",
         ["open-glob", "path-escape"]),
        ("{publisher_type: fromyaml-pub, yamlfile: a/../../passwd}", "draw passwd", "{}", ["path-escape"]),
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/../../plots'}}", "draw plots", "{}",
         ["path-escape"]),
        ("{publisher_type: interpolated-pub, publish: {a: '{workdir}/x/../plots'}}", "draw plots", "{}", []),
        ("{publisher_type: interpolated-pub, publish: [{a: {n}}]}", "draw {n}", "{n: 1}", ["braces-as-map"]),
        ("{publisher_type: frompar-pub, outputmap: {}}", "draw", "{}", ["no-output"]),
    ],
)  # fmt: skip
def test_outputs(specs, publisher, command, parameters, codes):
    assert sorted(code for code, _ in found(specs, published(publisher, command, parameters))) == codes


@pytest.mark.parametrize(
    ("image", "codes"),
    [
        (f"'{IMAGE}'", []),
        ("'example.org:5000/a/b'", ["floating-image"]),
        ("'busybox:1.36'", ["floating-image", "image-reference"]),
        ("'a b'", ["floating-image", "image-reference"]),
        ("'a@sha256:12'", ["image-reference"]),
    ],
)
def test_images(specs, image, codes):
    body = "step: {process: null, publisher: {publisher_type: constant-pub, publish: {}}, "
    text = stages(single("{}", body + f"environment: {{environment_type: docker-encapsulated, image: {image}}}}}"))
    assert sorted(code for code, _ in found(specs, text)) == codes


NOTHING = "step: {process: null, environment: null, publisher: {publisher_type: constant-pub, publish: {}}}"


def waiting(name, on, kind="singlestep", extra="", parameters="{}"):
    stage = single(parameters, f"{extra}{NOTHING}", name).replace("[init]", on)
    return stage.replace("singlestep", kind)


EMPTY = waiting("e", "[init]", "multistep", "scatter: {method: zip, parameters: [x]}\n  ", "{x: []}")


@pytest.mark.parametrize(
    ("texts", "never"),
    [
        ([waiting("a", "[b]"), waiting("b", "[typo]"), waiting("c", "[a]")], {"a", "c"}),
        ([waiting("a", "[b]"), waiting("b", "[a]"), waiting("c", "[b]"), waiting("d", "[init]")], {"c"}),
        ([waiting("a", "['init[1]']"), waiting("b", "['a[0]']")], {"a", "b"}),
        ([EMPTY, waiting("a", "[e]")], {"a"}),
        ([waiting("a", "[init]"), waiting("b", "['a[0]', 'init[0]']")], set()),
    ],
)
def test_stages_that_never_run(specs, texts, never):
    specs.write("workflow.yml", stages(*texts))
    judgement = judge(specs.folder / "workflow.yml", [specs.folder], lint=True)
    named = {finding.what.split("'")[1] for finding in judgement.findings if finding.code == "spec.never-runs"}
    assert named == never
    assert all(finding.severity == "error" for finding in judgement.findings if finding.code == "spec.never-runs")


def test_of_thousands_of_findings_the_first_are_kept_and_the_others_counted(specs):
    chain = [waiting(f"s{i}", f"[s{i + 1}]") for i in range(3000)]
    specs.write("workflow.yml", stages(*chain, waiting("s3000", "[typo]")))
    judgement = judge(specs.folder / "workflow.yml", [specs.folder], lint=True)
    assert len(judgement.findings) == MOST_FINDINGS
    assert judgement.more == 3001 - MOST_FINDINGS


def test_errors_are_not_crowded_out_by_notes(specs):
    host = [single("{text: a, out: b}", name=f"s{i}") for i in range(2)]
    many = [waiting(f"w{i}", "[init]", parameters=f"{{unused{i}: 1}}") for i in range(MOST_FINDINGS + 50)]
    specs.write("workflow.yml", stages(*many, *host, waiting("last", "[typo]")))
    judgement = judge(specs.folder / "workflow.yml", [specs.folder], lint=True)
    assert not judgement.runnable
    assert judgement.more > 0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("m\u0430ss", "confusable-name"),
        ("\uff4dass", "confusable-name"),
        ("\u039cass", "confusable-name"),
        ("mass\u200b", "invisible-character"),
        ("ma\u202ess", "invisible-character"),
        ("\u03bc_signal", None),
        ("größe", None),
        ("\u043c\u0430\u0441\u0441\u0430", None),
    ],
)
def test_names_that_deceive(specs, name, code):
    codes = {code for code, _ in found(specs, stages(single(f'{{"{name}": 1, text: a, out: b}}')))}
    assert codes - {"host-process", "unused-parameter"} == ({code} if code else set())


def test_a_sound_workflow_has_no_finding_but_that_it_runs_on_the_host(specs):
    assert found(specs, stages(FIRST)) == [("host-process", 5)]


def test_the_commands_of_a_script():
    text = "a \\\n b\n# c\n\nd |\n e\nx='\n y'\ncat <<E\nf\nE\ng &&\nh"
    assert list(commands(text)) == ["a \\\n b", "d |\n e", "x='\n y'", "cat <<E", "g &&\nh"]
    assert [is_shell(text) for text in ("bash", "/bin/sh -x", "/usr/bin/env zsh", "python", "root -b", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
