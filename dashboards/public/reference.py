"""The API reference: the generated OpenAPI document as a page of ours."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from jejaring.identity import guards
from jejaring.settings import settings
from jejaring.web import openapi, pages, render
from jejaring.web.api import Endpoint
from jejaring.web.pages import Page


def pages_of(endpoints: Sequence[Endpoint]) -> list[Page]:
    """The page that shows these routes; the document is made at the first request."""
    made: list[list[dict[str, Any]]] = []

    async def reference(request: Request, _: object) -> Response:
        """Every route with its fields and replies."""
        if not made:
            made.append(groups(openapi.document(endpoints, settings().base, "")))
        return render.page(request, "reference.html", {"groups": made[0]})

    return [pages.show("/docs/api", reference, guards.everybody)]


def groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by their first path part, in the order of paths, ready to be shown."""
    schemas = document["components"]["schemas"]
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in sorted(document["paths"].items()):
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.setdefault(operation["tags"][0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "text": operation["description"],
                    "side": operation.get("x-side"),
                    "scope": operation.get("x-scope"),
                    "query": [p for p in operation["parameters"] if p["in"] == "query"],
                    "body": _fields(body.get("schema"), schemas),
                    "reply": _fields(_reply(operation), schemas),
                    "status": next(iter(operation["responses"])),
                }
            )
    return [{"name": name, "operations": found[name]} for name in sorted(found)]


def _reply(operation: dict[str, Any]) -> dict[str, Any] | None:
    first: dict[str, Any] = next(iter(operation["responses"].values()))
    schema: dict[str, Any] | None = (
        first.get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


def _fields(schema: dict[str, Any] | None, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, kind and whether it must be there, of an object's fields."""
    if not schema:
        return []
    shape = _meant(schema, schemas)
    required = shape.get("required", [])
    return [
        {"name": name, "kind": _kind(field, schemas), "required": name in required}
        for name, field in shape.get("properties", {}).items()
    ]


def _meant(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = schemas.get(name, schema)
    return found


def _kind(field: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A field's kind in a few words: `integer`, `string (date-time)`, `list of Item`, `a | b`."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "enum" in field:
        return " | ".join(str(v) for v in field["enum"])
    if "const" in field:
        return str(field["const"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in field:
            return " | ".join(_kind(one, schemas) for one in field[several])
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}), schemas)}"
    form = f" ({field['format']})" if "format" in field else ""
    return f"{field.get('type', 'any')}{form}"
