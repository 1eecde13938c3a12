"""The OpenAPI description of POST /v1/facts, made from the models that check it."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from milepost.sources.office import LISTED, AnyItem

ONE = Annotated[AnyItem, Field(discriminator="type")]


def describe() -> dict[str, Any]:
    """Return the description as an OpenAPI 3.1 document."""
    adapter: TypeAdapter[Any] = TypeAdapter(ONE)
    schema = adapter.json_schema(ref_template="#/components/schemas/{model}")
    schemas = schema.pop("$defs")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Milepost: facts", "version": "1"},
        "paths": {"/v1/facts": {"post": _post()}},
        "components": {
            "schemas": {**schemas, "Fact": schema, "Accepted": _ACCEPTED, "Error": _ERROR},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of the source."},
                "source": {"type": "http", "scheme": "basic", "description": "The source's name, and a key of it."},
            },
        },
    }


def _post() -> dict[str, Any]:
    fact = {"$ref": "#/components/schemas/Fact"}
    refused = {
        "400": "No JSON, an unknown parameter, or a list that does not say what it holds.",
        "401": "No key, or one that is not known.",
        "403": "Facts of this type are not for sources of this kind.",
        "408": "The body was not whole after 30 seconds.",
        "409": "An id came again with another meaning, or it is not clear who is meant.",
        "413": "More than 4 MiB, or more than can be kept as one.",
        "415": "Sent neither as application/json nor as text/csv.",
        "422": "Something in it is wrong: every problem names the fact's index, the path in it, and what is possible.",
        "429": "More than the source's share; go on after the seconds in Retry-After.",
        "503": "Nothing can be kept at the moment; send it again after the seconds in Retry-After.",
    }
    return {
        "operationId": "postFacts",
        "summary": "Tell one fact, or up to 1000; all of them are kept, or none.",
        "parameters": [
            {
                "name": "type",
                "in": "query",
                "description": "What a list holds, with text/csv alone.",
                "schema": {"enum": list(LISTED)},
            }
        ],
        "security": [{"key": []}, {"source": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [fact, {"type": "array", "items": fact, "maxItems": 1000}]}},
                "text/csv": {"schema": {"type": "string", "description": "A list; the first line names its columns."}},
            },
        },
        "responses": {
            "200": {"description": "All is kept for good.", **_json("Accepted")},
            **{status: {"description": text, **_json("Error")} for status, text in refused.items()},
        },
    }


def _json(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


_TEXT = {"type": "string"}

_ACCEPTED = {
    "type": "object",
    "required": ["accepted", "facts"],
    "properties": {
        "accepted": {"type": "integer", "description": "How many facts the request had; those known already included."},
        "facts": {"type": "array", "items": _TEXT, "description": "Our id of each fact, in order."},
        "position": {
            "type": "integer",
            "description": "The log's end after it, what a page can wait for; not on Kafka.",
        },
    },
}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": _TEXT,
                "message": _TEXT,
                "problems": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["index", "path", "message"],
                        "properties": {
                            "index": {"type": "integer"},
                            "path": _TEXT,
                            "message": _TEXT,
                            "found": _TEXT,
                            "possible": {"type": "array", "items": _TEXT},
                        },
                    },
                },
            },
        }
    },
}
