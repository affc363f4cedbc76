"""The OpenAPI document and the reference written from it: every route, with its action, examples and answers."""

from __future__ import annotations

import pytest

from recast.service.app import described
from recast.service.openapi import REASONS
from recast.service.reference import as_html, reference
from recast.service.routes import ACTIONS, check_routes, unnamed_routes
from tests.conftest import ROOT

HIDDEN = (
    "/runs",
    "/login",
    "/logout",
    "/links/",
    "/static/",
    "/analyses",
    "/requests",
    "/check",
    "/runs/",
    "/operators",
    "/turn",
    "/account",
    "/docs",
    "/hepdata/",
    "/sitemap",
    "/robots",
)
"""Forms and pages for browsers, and what robots read, are no part of the API."""


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    return described()


def test_every_route_is_described_with_its_action(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert document["openapi"] == "3.1.0"
    for route, (kind, action) in ACTIONS.items():
        method, path = route.split(" ")
        if path == "/" or path.startswith(HIDDEN):
            continue
        operation = paths[path.replace(":path}", "}")][method.lower()]  # type: ignore[index]
        assert operation["x-action"] == f"{kind} {action}"
        assert operation["description"].endswith(".")
        assert {"401", "429", "503"} <= set(operation["responses"])


def test_every_document_that_is_taken_has_an_example_that_fits(document: dict[str, object]) -> None:
    from jsonschema import Draft202012Validator

    schemas = document["components"]["schemas"]  # type: ignore[index]
    for name, schema in schemas.items():
        for example in schema.get("examples", ()):
            whole = {**schema, "components": document["components"]}
            assert not list(Draft202012Validator(whole).iter_errors(example)), name
    bodies = [
        content["schema"]["$ref"].rpartition("/")[2]
        for operations in document["paths"].values()  # type: ignore[attr-defined]
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    ]
    assert bodies and [name for name in bodies if not schemas[name].get("examples")] == []


def test_no_answer_is_called_what_the_framework_calls_it(document: dict[str, object]) -> None:
    assert "HTTPValidationError" not in str(document)
    for operations in document["paths"].values():  # type: ignore[attr-defined]
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) in REASONS and int(status) >= 400 and "content" in answer:
                    assert list(answer["content"]) == ["application/problem+json"]


def test_the_reference_is_what_the_service_says(document: dict[str, object]) -> None:
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    assert page == reference(document), "scripts/api-reference writes it anew"


def test_the_page_needs_no_script_and_no_style(document: dict[str, object]) -> None:
    page = as_html(reference(document))
    assert "<script" not in page and "style" not in page.partition("<body>")[0] and "<h2>GET /healthz</h2>" in page


def test_a_route_without_an_action_stops_the_service() -> None:
    from fastapi import FastAPI

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/secret")(lambda: {})
    assert "GET /secret" in unnamed_routes(app.routes)
    with pytest.raises(LookupError, match="GET /secret"):
        check_routes(app.routes)
