"""The pipelines that come with ForgeSyte, one JSON file each."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def default_definitions() -> dict[str, dict[str, Any]]:
    """Every shipped definition by its id, in the order of the ids."""
    definitions = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {definition["id"]: definition for definition in definitions}
