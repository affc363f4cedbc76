"""What yadage lets pass in silence: each code once, with file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_parts import FIRST, single, stages

from recast.spec.findings import findings_of
from recast.spec.paths import PathError, Segment, parse_path
from recast.spec.templates import TemplateError, placeholders

GOOD = "{text: a, out: b}"


def multi(scatter, parameters="{text: [1, 2], out: b}", extra="step: {$ref: steps.yml#/echo}"):
    return (
        "name: many\ndependencies: [init]\nscheduler:\n  scheduler_type: multistep-stage\n"
        f"  parameters: {parameters}\n  scatter: {scatter}\n  {extra}\n"
    )


def depending(on, parameters=GOOD, name="second"):
    return single(parameters, name=name).replace("[init]", on)


def step(process="null", environment="null", publisher="{publisher_type: constant-pub, publish: {}}"):
    return f"step: {{process: {process}, environment: {environment}, publisher: {publisher}}}"


INNER = "workflow: {stages: [{name: in, dependencies: [init], scheduler: {scheduler_type: singlestep-stage, "
INNER += "parameters: {text: {step: init, output: %s}, out: b}, step: {$ref: steps.yml#/echo}}}]}"


@pytest.mark.parametrize(
    ("text", "code", "where", "remedy"),
    [
        (stages(FIRST, FIRST), "spec.duplicate-stage", "workflow.yml:10 /stages/1/name", "Rename"),
        (stages(single(GOOD, name="init")), "spec.reserved-name", "workflow.yml:2 /stages/0/name", "Rename"),
        (stages(single(GOOD, name="'../x'")), "spec.stage-name", "workflow.yml:2 /stages/0/name", "letters"),
        (stages(depending("[\n    init,\n    frist]"), FIRST), "spec.unknown-dependency",
         "workflow.yml:5 /stages/0/dependencies/1", "'first'"),
        (stages(depending("{dependency_type: jsonpath_ready, expressions: [frist]}"), FIRST),
         "spec.unknown-dependency", "workflow.yml:3 /stages/0/dependencies/expressions/0", "'first'"),
        (stages(depending("['first[']"), FIRST), "spec.path", "workflow.yml:3 /stages/0/dependencies/0", "name[*]"),
        (stages(single("{text: {step: frist}, out: b}"), FIRST), "spec.unknown-stage",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "'first'"),
        (stages(single("{text: {stages: 'first,third'}, out: b}"), FIRST), "spec.unknown-stage",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "Known stages: first, init, second"),
        (stages(depending("['first[*].x']"), FIRST), "spec.unknown-dependency",
         "workflow.yml:3 /stages/0/dependencies/0", "alone"),
        (stages(depending("['sub[*].inn']"), single("{p: a}", INNER % "p", "sub")), "spec.unknown-dependency",
         "workflow.yml:3 /stages/0/dependencies/0", "'in'"),
        (stages(depending("[sub.in]"), single("{p: a}", INNER % "p", "sub")), "spec.unknown-dependency",
         "workflow.yml:3 /stages/0/dependencies/0", "'sub[*].in'"),
        (stages(single("{p: a}", INNER % "q", "sub")), "spec.unknown-output",
         "workflow.yml:7 /stages/0/scheduler/workflow/stages/0/scheduler/parameters/text", "p"),
        (stages(depending("[first]", "{text: {step: first, output: uot}, out: b}"), FIRST), "spec.unknown-output",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "'out'"),
        (stages(depending("[sub]", "{text: {stages: sub, output: out}, out: b}"),
                single("{p: a}", INNER % "p", "sub")), "spec.unknown-output",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "Publish"),
        (stages(single("{text: {expression_type: fromvalue, key: r}, out: b}")), "spec.unknown-value",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "register_values"),
        (stages(depending("[third]"), depending("[second]", name="third")), "spec.cycle",
         "workflow.yml:2 /stages/0/name", "Remove"),
        (stages(depending("[second]")), "spec.cycle", "workflow.yml:2 /stages/0/name", "Remove"),
        (stages(multi("{method: zipp, parameters: [text]}")), "spec.scatter-method",
         "workflow.yml:7 /stages/0/scheduler/scatter/method", "'zip'"),
        (stages(multi("{method: zip, parameters: [txet]}")), "spec.scatter-parameter",
         "workflow.yml:7 /stages/0/scheduler/scatter/parameters/0", "'text'"),
        (stages(multi("{method: zip}")), "spec.scatter", "workflow.yml:7 /stages/0/scheduler/scatter", "scatter:"),
        (stages(multi("{method: zip, parameters: [text, out]}", "{text: [1, 2], out: [3]}")), "spec.scatter-lengths",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "cartesian"),
        (stages(multi("{method: zip, parameters: [text]}", GOOD)), "spec.scatter-type",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "list"),
        (stages(multi("{method: zip, parameters: [text]}", extra="batchsize: 2")), "spec.body",
         "workflow.yml:4 /stages/0/scheduler", "step"),
        (stages(multi("{method: zip, parameters: [text]}", extra="step: {$ref: steps.yml#/echo}\n  cases: []")),
         "spec.body", "workflow.yml:4 /stages/0/scheduler", "Keep one"),
        (stages(multi("{method: zip, parameters: [text]}").replace("scatter:", "batchsize: -1\n  scatter:")),
         "spec.grouping", "workflow.yml:7 /stages/0/scheduler/batchsize", "whole number"),
        (stages(single("{text: a}")), "spec.placeholder", "steps.yml:4 /echo/process/cmd", "text"),
        (stages(single("{}", step("{cmd: 'awk {print}'}", "{}"))), "spec.placeholder",
         "workflow.yml:7 /stages/0/scheduler/step/process/cmd", "{{"),
        (stages(single("{}", step("{cmd: 'echo ${'}", "{}"))), "spec.stray-brace",
         "workflow.yml:7 /stages/0/scheduler/step/process/cmd", "{{"),
        (stages(single("{a: b}", step("{cmd: 'echo {a.__class__}'}", "{}"))), "spec.template",
         "workflow.yml:7 /stages/0/scheduler/step/process/cmd", "{{"),
        (stages(single("{}", step(publisher="{publisher_type: interpolated-pub, publish: {a: '{workdir}/{b}'}}"))),
         "spec.placeholder", "workflow.yml:7 /stages/0/scheduler/step/publisher/publish", "{{"),
        (stages(single("{b: 1}", step(publisher="{publisher_type: frompar-pub, outputmap: {a: bb}}"))),
         "spec.unknown-parameter", "workflow.yml:7 /stages/0/scheduler/step/publisher/outputmap/a", "'b'"),
        (stages(single("{text: '{other}', out: b}")), "spec.placeholder",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "{{"),
        (stages(single("{p: '{workdir}/x'}", INNER % "p", "sub")), "spec.workdir",
         "workflow.yml:6 /stages/0/scheduler/parameters/p", "sub-workflow"),
        (stages(single("{}", step("{cmd: ls}"))), "spec.no-environment",
         "workflow.yml:7 /stages/0/scheduler/step/environment", "null"),
        (stages(single("[{key: a, value: 1}, {key: a, value: 2}]")), "spec.duplicate-parameter",
         "workflow.yml:6 /stages/0/scheduler/parameters/1", "Remove"),
        (stages(single("[{key: a}]")), "spec.missing-key", "workflow.yml:6 /stages/0/scheduler/parameters/0", "key"),
        (stages(single("[{key: text, value: {step: init}}, {key: out, value: b}]")), "spec.unmarked-reference",
         "workflow.yml:6 /stages/0/scheduler/parameters/0/value", "expression_type"),
        (stages(single("{text: {stages: a, steps: b}, out: c}")), "spec.reference",
         "workflow.yml:6 /stages/0/scheduler/parameters/text", "step"),
        (stages(depending("[5]")), "spec.type", "workflow.yml:3 /stages/0/dependencies/0", "name"),
    ],
)  # fmt: skip
def test_each_defect_has_a_code_a_place_and_a_remedy(specs, text, code, where, remedy):
    error = specs.error(text)
    assert (error.code, error.where) == (code, where), (error, error.why)
    assert remedy in error.next_step


def test_without_check_defects_pass_as_in_yadage(specs):
    assert specs.load(stages(depending("[nowhere]")), check=False).workflow.stages[0].name == "second"


def test_a_chain_is_shown_for_a_cycle_of_three(specs):
    text = stages(depending("[b]", name="a"), depending("[c]", name="b"), depending("[a]", name="c"))
    assert specs.error(text).why.startswith("a -> b -> c -> a")


def test_a_cycle_through_a_reference_is_found(specs):
    text = stages(single("{text: {step: b}, out: x}", name="a"), depending("[a]", name="b"))
    assert specs.error(text).code == "spec.cycle"


def test_a_long_chain_of_stages_is_checked_without_recursion(specs):
    chain = [depending(f"[s{i + 1}]", name=f"s{i}") for i in range(1200)]
    text = stages(*chain, depending("[init]", name="s1200"))
    assert len(specs.load(text).workflow.stages) == 1201


WARNINGS = [
    (stages(single("{text: a, out: b, spare: c}")), "spec.unused-parameter",
     "workflow.yml:6 /stages/0/scheduler/parameters/spare"),
    (stages(FIRST, single("{text: {step: first, output: out}, out: b}")), "spec.unordered",
     "workflow.yml:14 /stages/1/scheduler/parameters/text"),
    (stages(single(body=step(environment="{environment_type: docker-encapsulated, image: a}"))),
     "spec.floating-image", "workflow.yml:7 /stages/0/scheduler/step/environment/image"),
    (stages(single("{text: {step: init, unwarp: true}, out: b}")), "spec.unknown-key",
     "workflow.yml:6 /stages/0/scheduler/parameters/text/unwarp"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "where"), WARNINGS)
def test_doubtful_things_are_warnings(specs, text, code, where):
    (warning,) = specs.load(text).warnings
    assert (warning.code, str(warning.position), warning.severity) == (code, where, "warning")
    assert warning.next_step


SUB = single("{p: a}", INNER % "p", "s")
EMPTY = "workflow: {stages: []}"


@pytest.mark.parametrize(
    "text",
    [
        stages(FIRST, depending("[first]", "{text: {stages: first, output: out}, out: b}")),
        stages(FIRST, depending("['first[*]']", "{text: {stages: 'first[0]', output: out}, out: b}")),
        stages(SUB, depending("['s.[*].in']", "{text: {stages: 's[*].in', output: out}, out: b}")),
        stages(SUB, depending("[s]", "{text: {stages: 's[0].init', output: p}, out: b}")),
        stages(FIRST, depending("['*']", "{text: {stages: '*'}, out: b}")),
        stages(FIRST, depending("[first]"), depending("[second]", "{text: {step: first}, out: '{}'}", "c")),
        stages(FIRST, depending("[first]", "{text: {step: first, output: 'out[0]'}, out: '{readdir0}/x'}")),
        stages(multi("{method: cartesian, parameters: [text, out]}", "{text: [1, 2], out: [3]}")),
        stages(single("{a: 1}", step("{cmd: 'awk {{print}} {a!r:>4} {a[0]} {a[k]}'}", "{}"))),
        stages(single("{a: 1}", step(publisher="{publisher_type: fromparjq-pub}"))),
        stages(single("{a: 1}", EMPTY, "s"), depending("[s]", "{text: {stages: 's[0].init', output: a}, out: b}")),
    ],
)  # fmt: skip
def test_sound_workflows_pass_without_a_word(specs, text):
    assert specs.load(text).warnings == ()


def test_a_sub_workflow_is_judged_for_each_caller(specs):
    specs.write("sub.yml", stages(single("{text: {step: init, output: p}, out: b}", name="in")))
    text = stages(
        single("{p: 1}", "workflow: {$ref: sub.yml}", "good"), single("{q: 1}", "workflow: {$ref: sub.yml}", "bad")
    )
    error = specs.error(text)
    assert (error.code, error.where) == ("spec.unknown-output", "sub.yml:6 /stages/0/scheduler/parameters/text")
    assert len(findings_of(error)) == 1


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("a", [Segment(("a",))]),
        ("$.a", [Segment(("a",))]),
        ("a,b", [Segment(("a", "b"))]),
        ("a[*].b", [Segment(("a",), True), Segment(("b",))]),
        ("a.[0].b, c[1:2]", [Segment(("a",), True), Segment(("b", "c"), True)]),
        ("'a b'[-1]", [Segment(("a b",), True)]),
        ("*", [Segment(("*",))]),
    ],
)
def test_paths_are_read_as_jsonpath_rw_reads_them(path, segments):
    assert parse_path(path) == tuple(segments)


@pytest.mark.parametrize("path", ["a..b", "a|b", "(a)", "a.`parent`", "a['b']"])
def test_paths_beyond_the_usual_are_not_judged(path):
    assert parse_path(path) is None


@pytest.mark.parametrize("path", ["", "a.", "a b", "a,", "a[", ".a", "ä", "1a", "a-*"])
def test_what_is_no_path(path):
    with pytest.raises(PathError):
        parse_path(path)


@given(st.text(alphabet="ab.,*[]0'$ -:", max_size=12))
def test_any_text_is_a_path_or_refused(path):
    try:
        parse_path(path)
    except PathError as problem:
        assert str(problem)


@given(st.text(alphabet="a{}[].!:0 ", max_size=14))
def test_placeholders_accept_only_what_format_accepts(template):
    try:
        names = list(placeholders(template))
    except TemplateError:
        return
    assert all("." not in name for name in names)
