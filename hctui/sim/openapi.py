"""The description that the simulated API gives of itself, made from its own tables.

Claims no more than what is served here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hctui.sim.endpoints import Endpoint
from hctui.sim.wire import Error

_REFERENCE = "#/components/schemas/{name}"


def describe(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """An OpenAPI 3.0 document of the endpoints below /rest/v1."""
    inside = [endpoint for endpoint in endpoints if not endpoint.is_outside]
    shapes = [
        shape for endpoint in inside for shape in (endpoint.answer, endpoint.request) if shape is not None
    ]
    schemas, components = msgspec.json.schema_components((*shapes, Error), ref_template=_REFERENCE)
    schema_of = {repr(shape): schema for shape, schema in zip((*shapes, Error), schemas, strict=True)}
    paths: dict[str, Any] = {}
    for endpoint in inside:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of)
    return {
        "openapi": "3.0.0",
        "info": {"title": "HyperCore REST API, as simulated by hctui", "version": "1.2.0"},
        "servers": [{"url": "/rest/v1"}],
        "security": [{"basic": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
    }


def _operation(endpoint: Endpoint, schema_of: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if endpoint.answer is not None:
        success["content"] = _content(schema_of[repr(endpoint.answer)])
    failure = {"description": "Failure", "content": _content(schema_of[repr(Error)])}
    operation: dict[str, Any] = {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", endpoint.path)
        ],
        "responses": {"200": success, "default": failure},
    }
    if endpoint.operation:
        operation["x-operation"] = endpoint.operation
    if endpoint.request is not None:
        operation["requestBody"] = {"required": True, "content": _content(schema_of[repr(endpoint.request)])}
    if endpoint.is_public:
        operation["security"] = []
    return operation


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
