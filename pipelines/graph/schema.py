"""The JSON schema of a definition, with its limits; `validate` says what a schema cannot."""

from typing import Any

from pipelines.graph.definition import MAX_DESCRIPTION, MAX_ITEMS, MAX_NAME, MAX_VALUES
from pipelines.graph.fields import SLUG

ID: dict[str, Any] = {"type": "string", "pattern": f"^{SLUG.pattern.removesuffix(chr(92) + 'Z')}$"}
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}

NODE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "plugin_id", "tool_id"],
    "additionalProperties": False,
    "properties": {"id": ID, "plugin_id": TEXT, "tool_id": TEXT, "params": {"type": "object"}},
}
EDGE: dict[str, Any] = {
    "type": "object",
    "required": ["from_node", "to_node"],
    "additionalProperties": False,
    "properties": {"from_node": TEXT, "to_node": TEXT},
}
DEFINITION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": f"A pipeline; at most {MAX_VALUES:,} values in all, 256 KB, 32 levels deep",
    "required": ["id", "name", "nodes", "entry_nodes", "output_nodes"],
    "additionalProperties": False,
    "properties": {
        "id": ID,
        "name": {**TEXT, "maxLength": MAX_NAME},
        "description": {"type": "string", "maxLength": MAX_DESCRIPTION},
        "nodes": {"type": "array", "items": NODE, "minItems": 1, "maxItems": MAX_ITEMS["nodes"]},
        "edges": {"type": "array", "items": EDGE, "maxItems": MAX_ITEMS["edges"]},
        "entry_nodes": {"type": "array", "items": ID, "minItems": 1, "maxItems": MAX_ITEMS["entry_nodes"]},
        "output_nodes": {"type": "array", "items": ID, "minItems": 1, "maxItems": MAX_ITEMS["output_nodes"]},
    },
}
