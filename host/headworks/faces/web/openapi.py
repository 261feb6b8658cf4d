"""The interface as an OpenAPI document, made from the table of routes."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from headworks import __version__
from headworks.faces.web.queries import MUST, field_of, schema_of

if TYPE_CHECKING:
    from headworks.faces.web.routes import Row

Json = dict[str, Any]
_ERROR = {"$ref": "#/components/schemas/Error"}
_ERRORS = {
    400: "The request is not well formed",
    401: "Sign in first, or the token is not known",
    403: "The role may not, or the request comes from a page of another origin",
    404: "There is no such thing",
    409: "The station refused; the text says why",
    413: "The body is too large",
    415: "The body is not JSON",
    421: "The Host is no name of this station",
    429: "Too many wrong passwords, or too many requests or streams of one address",
    503: "The station is gone, or there are too many requests",
}


def document(rows: "Iterable[Row]") -> Json:
    """OpenAPI 3.1 of these routes."""
    paths: Json = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Headworks",
            "version": __version__,
            "description": "The station as its page sees it. Powers in kW, times in s, unknown "
            "is null. Programs send `Authorization: Bearer TOKEN` "
            "(`headworks user token NAME`).",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {"type": "string", "description": "a sentence in English"},
                        "code": {"type": "string", "description": "which sentence it is"},
                        "values": {"type": "object", "description": "its names and figures"},
                    },
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-headworks"},
                "page": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


def _operation(row: "Row") -> Json:
    found: Json = {
        "summary": row.about,
        "operationId": re.sub(r"\W+", "_", f"{row.method.lower()}_{row.path[5:]}").strip("_"),
        "description": f"Least role: {row.role.word if row.role else 'none'}.",
        "parameters": _parameters(row),
        "responses": {
            "200": {"description": "Done", "content": {row.kind: {"schema": {}}}},
            **{
                str(status): {
                    "description": text,
                    "content": {"application/json": {"schema": _ERROR}},
                }
                for status, text in _ERRORS.items()
            },
        },
        "security": _security(row),
    }
    if row.needs or row.may:
        found["requestBody"] = _body(row)
    return found


def _security(row: "Row") -> list[Json]:
    if row.role is None and not row.acts:
        return []
    by_session: Json = {"session": [], "page": []} if row.acts else {"session": []}
    return [{"token": []}, by_session, *([] if row.acts and row.role else [{}])]


def _parameters(row: "Row") -> list[Json]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": schema_of(name)}
        for name in re.findall(r"{(\w+)}", row.path)
    ]
    in_query = [
        {"name": name, "in": "query", "required": name in MUST, "schema": schema_of(name)}
        for name in row.asks
    ]
    return [*in_path, *in_query]


def _body(row: "Row") -> Json:
    fields = {name: field_of(name) for name in (*row.needs, *row.may)}
    schema = {
        "type": "object",
        "properties": fields,
        "required": list(row.needs),
        "additionalProperties": False,
    }
    return {
        "required": bool(row.needs),
        "content": {"application/json": {"schema": schema}},
    }
