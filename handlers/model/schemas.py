"""The JSON schema a model is held to: strict, flat, and free of what some servers do not know."""

from typing import Any

from pydantic import BaseModel

_KEPT = (
    "type",
    "enum",
    "properties",
    "items",
    "required",
    "additionalProperties",
    "description",
    "const",
    "anyOf",
)
"""Lengths and ranges are left out: strict modes refuse some of them, and the answer is measured afterwards anyway."""


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The schema of an answer, without references, every field required, nothing else allowed."""
    whole = shape.model_json_schema()
    schema = _strict(whole, whole.get("$defs", {}))
    assert isinstance(schema, dict)
    return schema


def _strict(part: Any, named: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_strict(one, named) for one in part]
    if not isinstance(part, dict):
        return part
    if reference := part.get("$ref"):
        found = named[reference.rpartition("/")[2]]
        return _strict({**found, **{key: value for key, value in part.items() if key != "$ref"}}, named)
    kept = {key: value for key, value in part.items() if key in _KEPT}
    for key in ("items", "anyOf"):
        if key in kept:
            kept[key] = _strict(kept[key], named)
    if "properties" in kept:
        kept["properties"] = {name: _strict(one, named) for name, one in kept["properties"].items()}
        kept["required"] = list(kept["properties"])
        kept["additionalProperties"] = False
    return kept
