"""$ref: jsonref's rules, inside the bundle only."""

from __future__ import annotations

import os

import pytest
from spec_parts import FIRST, STEPS, single, stages

from recast.errors import SpecError
from recast.spec.references import Bundle
from recast.spec.walk import MAX_REFERENCE_CHAIN, MAX_RESOLVED_DEPTH


def resolve(specs, text, name="root.yml"):
    specs.write(name, text)
    return Bundle(specs.folder).root(name)


def failure(specs, text, name="root.yml"):
    with pytest.raises(SpecError) as caught:
        resolve(specs, text, name)
    return caught.value


@pytest.mark.parametrize(
    "ref",
    ["steps.yml#/echo", "steps.yml#echo", "./steps.yml#/echo", "sub/../steps.yml#/echo", "steps%2Eyml#/ec%68o"],
)
def test_spellings_of_one_target(specs, ref):
    root = resolve(specs, f"{{$ref: '{ref}'}}")
    assert root.value["process"]["cmd"] == "echo {text} > {out}"
    assert (root.position.file, root.position.line) == ("steps.yml", 1)


def test_the_root_refers_from_the_toplevel_and_other_files_from_themselves(specs):
    specs.write("sub/parts.yml", "a: {$ref: 'more.yml#/x'}")
    specs.write("sub/more.yml", "x: here")
    assert resolve(specs, "v: {$ref: 'sub/parts.yml#/a'}", "sub/root.yml").plain() == {"v": "here"}


def test_a_reference_into_its_own_file_through_another_and_into_a_list(specs):
    text = "a: [1, {b/c: 5}]\nd: {$ref: '#/a/1'}\ne: {$ref: '#/d/b~1c'}\nf: {$ref: '#e'}"
    assert resolve(specs, text).plain() == {"a": [1, {"b/c": 5}], "d": {"b/c": 5}, "e": 5, "f": 5}


def test_keys_beside_a_reference_and_references_that_are_no_text_are_as_in_jsonref(specs):
    assert resolve(specs, "a: 1\nb: {$ref: '#/a', c: 2}\nd: {$ref: 5}").plain() == {"a": 1, "b": 1, "d": {"$ref": 5}}


def test_one_target_is_one_object(specs):
    plain = resolve(specs, "a: {x: [1]}\nb: {$ref: '#/a'}\nc: {$ref: '#/a'}").plain()
    assert plain["a"] is plain["b"] is plain["c"]
    shared = specs.load(stages(FIRST, single("{text: a, out: b}"))).workflow
    assert shared.stages[0].body is shared.stages[1].body


def test_only_files_that_are_needed_are_read(specs):
    specs.write("broken.yml", "a: [")
    assert specs.load(stages(FIRST)).files == ("steps.yml", "workflow.yml")


@pytest.mark.parametrize(
    "ref",
    [
        "../out.yml",
        "sub/../../out.yml",
        "%2e%2e/out.yml",
        "/etc/hostname",
        "//host/x.yml",
        "file:///etc/hostname",
        "http://example.org/x.yml",
        "github:org/repo:x.yml",
    ],
)
def test_references_out_of_the_bundle_are_refused_and_not_read(specs, ref):
    error = failure(specs, f"a: 1\nb:\n  c: {{$ref: '{ref}'}}")
    assert (error.code, error.where) == ("spec.ref-escape", "root.yml:3 /b/c")
    assert "--toplevel" in error.next_step


def test_a_symbolic_link_may_stay_inside_but_not_lead_out(specs, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.yml"
    outside.write_text("secret: 1")
    os.symlink(outside, specs.folder / "link.yml")
    os.symlink(outside.parent, specs.folder / "folder")
    os.symlink("steps.yml", specs.folder / "inside.yml")
    assert failure(specs, "{$ref: link.yml}").code == "spec.ref-escape"
    assert failure(specs, "{$ref: folder/x.yml}").code == "spec.ref-escape"
    assert resolve(specs, "{$ref: 'inside.yml#/echo/process/cmd'}").value == "echo {text} > {out}"


def test_missing_targets_name_the_closest(specs):
    error = failure(specs, "a:\n  $ref: stesp.yml")
    assert (error.code, error.where) == ("spec.ref-missing", "root.yml:1 /a")
    assert "'steps.yml'" in error.next_step
    error = failure(specs, "a:\n- {$ref: 'steps.yml#/ehco'}")
    assert (error.code, error.where) == ("spec.ref-missing", "root.yml:2 /a/0")
    assert "'echo'" in error.next_step
    assert failure(specs, "a: [1]\nb: {$ref: '#/a/1'}").code == "spec.ref-missing"
    assert failure(specs, "a: {$ref: '#/'}").code == "spec.ref-missing"


def test_a_toplevel_that_is_one_too_deep_is_noticed(specs):
    specs.write("top/steps.yml", STEPS)
    specs.write("top/flow/root.yml", "{$ref: 'steps.yml#/echo'}")
    with pytest.raises(SpecError) as caught:
        Bundle(specs.folder / "top" / "flow").root("root.yml")
    assert caught.value.next_step == f"--toplevel {specs.folder / 'top'}"


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("a: {$ref: '#/a'}", ["/a"]),
        ("a: {$ref: '#/b'}\nb: {$ref: '#/a'}", ["/a", "/b"]),
        ("a: {$ref: '#/a/b'}", ["/a"]),
        ("a: {b: {$ref: '#/a'}}", ["/a"]),
        ("a: {x: {$ref: '#/b'}}\nb: [{$ref: '#/a'}]", ["/a", "/b"]),
        ("{$ref: '#'}", [""]),
    ],
)
def test_circles_are_named_with_their_chain(specs, text, chain):
    error = failure(specs, text)
    assert error.code == "spec.ref-cycle"
    assert error.where == f"root.yml:1 {chain[0]}"
    assert all(f"root.yml:{line} {key}" in error.why for line, key in enumerate(chain, 1))


def test_a_circle_over_files(specs):
    specs.write("other.yml", "stages:\n- {$ref: root.yml}\n")
    error = failure(specs, "stages:\n- name: a\n  scheduler: {workflow: {$ref: other.yml}}\n")
    assert error.code == "spec.ref-cycle"
    assert "other.yml" in error.why


def test_long_chains_and_deep_nesting_are_refused(specs):
    chain = "".join(f"a{i}: {{$ref: '#/a{i + 1}'}}\n" for i in range(2000)) + "a2000: 1\n"
    assert failure(specs, chain).code == "spec.too-deep"
    deep = "".join(f"a{i}: [[[[[{{$ref: '#/a{i + 1}'}}]]]]]\n" for i in range(200)) + "a200: 1\n"
    assert failure(specs, deep).code == "spec.too-deep"
    assert MAX_REFERENCE_CHAIN < MAX_RESOLVED_DEPTH


def test_a_bomb_of_references_is_refused(specs):
    text = "".join(
        f"a{i}: [{', '.join(['{$ref: ' + chr(39) + f'#/a{i + 1}' + chr(39) + '}'] * 9)}]\n" for i in range(9)
    )
    assert failure(specs, text + "a9: 1").code == "spec.too-large"


def test_the_deepest_nesting_that_is_allowed_loads(specs):
    levels = MAX_RESOLVED_DEPTH // 4 - 2
    for level in range(levels):
        body = f"workflow: {{$ref: 'w{level + 1}.yml'}}"
        specs.write(f"w{level}.yml", stages(single(body=body)))
    specs.write(f"w{levels}.yml", "stages: []")
    assert len(specs.load(name="w0.yml").files) == levels + 1


def test_names_that_no_file_can_have(specs):
    for name in ("a\0b.yml", "x" * 5000 + ".yml", "steps.yml/x", "."):
        specs.write("root.yml", "a: {$ref: " + '"' + name.replace("\0", "\\0") + '"}')
        with pytest.raises(SpecError):
            Bundle(specs.folder).root("root.yml")
