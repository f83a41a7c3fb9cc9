"""The smallest body that a route's own description accepts."""

from functools import lru_cache
from typing import Any

from jejaring import main
from jejaring.web import openapi
from jejaring.web.api import Endpoint

_FORMATS = {"date-time": "2026-11-24T10:00:00+07:00", "date": "2026-11-24"}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The API's own description."""
    return openapi.document(main.ENDPOINTS, "http://jejaring.test", main.VERSION)


def body(endpoint: Endpoint) -> Any:
    """The required fields of the endpoint's body, each with a plain value; None without a body."""
    path = endpoint.path.replace(":path}", "}")
    operation = document()["paths"][path][endpoint.method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {} if endpoint.method in ("POST", "PUT", "PATCH") else None
    return _value(content["schema"], document()["components"]["schemas"])


def _value(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(known[schema["$ref"].rpartition("/")[2]], known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _value(schema[choice][0], known)
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if "enum" in schema:
        return schema["enum"][0]
    return _plain(schema, known)


def _plain(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        wanted = schema.get("required", [])
        return {name: _value(schema["properties"][name], known) for name in wanted}
    if kind == "array":
        return [_value(schema["items"], known)] * int(schema.get("minItems", 0))
    if kind == "integer":
        return int(schema.get("minimum", 1))
    if kind == "boolean":
        return False
    text = _FORMATS.get(schema.get("format", ""), "1")
    return text.ljust(int(schema.get("minLength", 1)), "1")
