"""The forms: well-formed, accepted by those who read them, and deaf to what names say."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from recast.engine.events import JobEnded, SubmitIntended
from recast.graph import Drawing, known_drawing, written_drawing
from recast.graph.dot import dot
from recast.graph.mermaid import mermaid
from recast.graph.svg import svg
from recast.graph.text import printable, shorten, width
from recast.jobs import FailureClass
from tests.engine.simulated import outcome
from tests.graph.drawings import HOSTILE, engine_of, hostile, nested, waiting
from tests.waiting import BOUND_S
from tests.workflow.specs import map_reduce

SVG = "{http://www.w3.org/2000/svg}"


def failed() -> Drawing:
    engine = engine_of(map_reduce(), values=[1, 2, 3])
    engine.handle(SubmitIntended(0.0, "/map/0", "j", 1, "", 1, 1))
    engine.handle(JobEnded(0.0, "j", outcome("j", FailureClass.USER)))
    return known_drawing(engine, "title", "subtitle", states=True)


def drawings() -> list[Drawing]:
    known = known_drawing(engine_of(nested(), values=[1, 2]), "title")
    return [known, known_drawing(engine_of(waiting()), "t"), written_drawing(nested(), "w"), hostile(), failed()]


@pytest.mark.parametrize("drawing", drawings())
def test_svg_is_xml_with_nothing_but_shapes_and_words(drawing: Drawing) -> None:
    root = ElementTree.fromstring(svg(drawing))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    shapes = {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "g"}
    assert tags <= shapes
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]


def test_svg_speaks_to_those_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(svg(failed()))
    assert root.get("aria-labelledby") == "recast-title"
    told = root.findtext(f"{SVG}desc") or ""
    assert "/map: 3 steps, a process on the host, 2 ready · 1 failed, after /init." in told
    labels = [element.get("aria-label") for element in root.iter(f"{SVG}g") if element.get("role") == "graphics-symbol"]
    assert any(label and label.startswith("/map: 3 steps") for label in labels)


def test_states_are_words_and_lengths_and_not_only_colours() -> None:
    text = svg(failed())
    assert ">2 ready · 1 failed<" in text
    assert 'class="box failed"' in text
    lengths = [float(found) for found in re.findall(r'<g class="bar"><rect[^>]*width="([\d.]+)"', text)]
    assert len(lengths) == 2


def test_open_stages_are_dashed_and_say_what_they_wait_for() -> None:
    text = svg(known_drawing(engine_of(waiting()), "t"))
    assert 'class="box open"' in text
    assert 'class="group open"' in text
    assert ">waits for /make<" in text
    assert 'class="written"' in text
    assert ">not expanded yet<" in text


@pytest.mark.parametrize("drawing", drawings())
def test_graphviz_takes_the_dot(drawing: Drawing) -> None:
    program = shutil.which("dot")
    assert program, "graphviz is missing; type: make setup-test"
    done = subprocess.run([program, "-Tsvg"], input=dot(drawing).encode(), capture_output=True, timeout=BOUND_S)
    assert (done.returncode, done.stderr) == (0, b"")
    boxes = ElementTree.fromstring(done.stdout).iter(f"{SVG}g")
    nodes = [box for box in boxes if box.get("class") == "node"]
    assert len(nodes) == len(list(drawing.root.nodes()))


NODE = r'n\d+(\(\["[^"\n]*"\]\)|\["[^"\n]*"\]):::\w+'
LINES = [
    NODE,
    r'subgraph g\d+ \["[^"\n]*"\]',
    "end",
    r"class g\d+ \w+",
    r"[ng]\d+ (-->|-\.->)(\|[\d,]+\|)? [ng]\d+",
    r"classDef \w+ [\w:#,. -]+",
]


@pytest.mark.parametrize("drawing", drawings())
def test_mermaid_has_only_lines_of_ours(drawing: Drawing) -> None:
    lines = mermaid(drawing).splitlines()
    assert lines[0] == lines[2] == "---"
    assert lines[3] == "flowchart TD"
    for line in lines[4:]:
        assert any(re.fullmatch(form, line.strip()) for form in LINES), line
    assert sum(line.strip().startswith("subgraph") for line in lines) == lines.count("  end")


def test_names_say_nothing_to_mermaid() -> None:
    text = mermaid(hostile())
    body = text.split("flowchart TD", 1)[1]
    assert "<script" not in body
    assert "#quot;" not in body
    assert "#60;#47;text#62;" in body or "#60;/text#62;" in body


def test_a_label_that_looks_like_a_list_is_text() -> None:
    from recast.spec.model import Workflow
    from tests.workflow.specs import packtivity, stage

    drawing = written_drawing(Workflow((stage("1. first", ["init"], {}, packtivity()),)), "t")
    assert "1#46; first" in mermaid(drawing)


def test_text_is_printable_short_and_never_cut() -> None:
    assert printable("a\u202eb\x00c\nd") == "a\ufffdb\ufffdc d"
    assert len(shorten("x" * 500)) == 44
    assert shorten(HOSTILE, 10).startswith("</text")
    assert width("WWW", 10) > width("iii", 10)
    for element in ElementTree.fromstring(svg(hostile())).iter(f"{SVG}text"):
        assert len(element.text or "") <= 120
