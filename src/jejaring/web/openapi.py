"""The OpenAPI 3.1 document, generated from the endpoints: nothing is described by hand."""

import inspect
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jejaring.web.api import MAX_PATH_VALUE, Endpoint

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_WORDS = {
    400: "Not understood", 401: "No key, or an unknown one", 403: "Wrong side or scope",
    404: "Does not exist for this key", 409: "The state forbids it", 413: "Too large",
    422: "Wrong content, every bad field named", 429: "Too many requests",
}  # fmt: skip


def _models(endpoint: Endpoint) -> dict[str, type[BaseModel]]:
    hints = endpoint.hints
    found: dict[str, type[BaseModel]] = {}
    for role in ("body", "query", "return"):
        hint = hints.get(role)
        for candidate in (hint, *get_args(hint)):
            if inspect.isclass(candidate) and issubclass(candidate, BaseModel):
                found[role] = candidate
                break
    return found


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    statuses = [400, 401, 403, 404, 409, 413, 422, 429]
    if endpoint.guard.side == "public":
        statuses = [400, 404, 422, 429]
    reply = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(s): {"description": _WORDS[s], "content": reply} for s in statuses}


def _parameters(endpoint: Endpoint, query_schema: dict[str, Any] | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in endpoint.path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            schema = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_VALUE}
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if query_schema is not None:
        required = query_schema.get("required", [])
        for name, schema in query_schema.get("properties", {}).items():
            found.append(
                {"name": name, "in": "query", "required": name in required, "schema": schema}
            )
    if endpoint.method == "POST" and endpoint.guard.side != "public" and not endpoint.multipart:
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        found.append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
        )
    return found


def _operation(endpoint: Endpoint, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    models = _models(endpoint)
    doc = inspect.getdoc(endpoint.handler) or endpoint.handler.__name__
    summary, _, rest = doc.partition("\n")
    query = models.get("query")
    flat = query.model_json_schema() if query else None
    replies: dict[str, Any] = {}
    for status in (endpoint.status, *endpoint.statuses):
        reply: dict[str, Any] = {"description": "Done" if status != 201 else "Created"}
        if endpoint.raw:
            kinds = (endpoint.raw, *endpoint.also)
            reply["content"] = {kind: {"schema": {"type": "string"}} for kind in kinds}
        elif "return" in models:
            schema = schemas[(models["return"], "serialization")]
            reply["content"] = {"application/json": {"schema": schema}}
            reply["content"] |= {kind: {"schema": {"type": "string"}} for kind in endpoint.also}
        replies[str(status)] = reply
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.handler.__module__}.{endpoint.handler.__name__}",
        "tags": [endpoint.path.split("/")[2] if endpoint.path.count("/") > 1 else "api"],
        "summary": summary,
        "description": rest.strip(),
        "parameters": _parameters(endpoint, flat),
        "responses": replies | _problems(endpoint),
    }
    if "body" in models:
        schema = schemas[(models["body"], "validation")]
        operation["requestBody"] = {
            "required": True, "content": {"application/json": {"schema": schema}},
        }  # fmt: skip
    if endpoint.guard.side != "public":
        operation["security"] = [{"key": []}]
        operation["x-side"] = endpoint.guard.side
        operation["x-scope"] = endpoint.guard.scope
    return operation


def document(endpoints: Sequence[Endpoint], base_url: str, version: str) -> dict[str, Any]:
    """The whole document. Every model's schema is under components, by its name."""
    wanted: set[tuple[type[BaseModel], Any]] = set()
    for endpoint in endpoints:
        for role, model in _models(endpoint).items():
            if role != "query":
                wanted.add((model, "validation" if role == "body" else "serialization"))
    ordered = sorted(wanted, key=lambda pair: (pair[0].__module__, pair[0].__qualname__, pair[1]))
    schemas, definitions = models_json_schema(ordered, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = endpoint.path.replace(":path}", "}")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jejaring", "version": version,
                 "description": "Links, sales, commissions and payouts. Amounts are whole rupiah."},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }  # fmt: skip
