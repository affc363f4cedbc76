"""The reference of the API, written from its OpenAPI document: as Markdown, and as a page without scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from recast.json_types import JsonObject
from recast.service.openapi import REASONS

__all__ = ["as_html", "reference"]

_HEAD = """# The HTTP API

This page is written from the OpenAPI document (`GET /api/v1/openapi.json`) by `scripts/api-reference`; a test compares
the two. The [tutorial](../tutorials/ask-by-http.md) walks through it with curl.

Every answer that is an error is `application/problem+json` (RFC 9457) with `code`, `why` and `next`; `type` leads to
the page of the code:

| status | |
|---|---|
{reasons}

Lists are `{{"items": […], "next": CURSOR, "total": n}}`; `next` is null at the end. `Idempotency-Key` on a POST is kept
for 24 hours per person: the same key is carried out once, and refused with another body. Each operation is one action
of the desk.
"""


def reference(document: JsonObject) -> str:
    """Return the reference as Markdown: each operation with its action, parameters, body, answers and example."""
    lines = [_HEAD.format(reasons="\n".join(f"| {status} | {text} |" for status, text in REASONS.items()))]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            lines += _operation(method.upper(), path, operation, document)
    return "\n".join(lines).rstrip() + "\n"


def as_html(markdown: str) -> str:
    """Return a page that a strict Content-Security-Policy lets through."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The HTTP API</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n{body}</main></body></html>\n'


def _operation(method: str, path: str, operation: JsonObject, document: JsonObject) -> Iterator[str]:
    yield f"## {method} {path}\n"
    yield " ".join(operation.get("description", operation.get("summary", "")).split()) + "\n"
    yield f"Action: `{operation['x-action']}`.\n"
    if parameters := operation.get("parameters"):
        yield "| parameter | in | |\n|---|---|---|"
        for it in parameters:
            yield f"| `{it['name']}` | {it['in']} | {it.get('description', '')} |"
        yield ""
    if body := operation.get("requestBody"):
        yield from _example(body, document)
    answers = sorted(operation["responses"].items())
    yield from (f"- {status}: {it['description']}." for status, it in answers if int(status) < 400)
    yield f"- Errors: {', '.join(status for status, _ in answers if int(status) >= 400)}.\n"


def _example(body: JsonObject, document: JsonObject) -> Iterator[str]:
    for media_type, content in body["content"].items():
        schema = content.get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"].get(name, schema)
        yield f"Body: `{media_type}`{f', {name}' if name else ''}.\n"
        for example in schema.get("examples", ())[:1]:
            yield f"```json\n{json.dumps(example, indent=1)}\n```\n"
