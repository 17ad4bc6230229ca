"""Turns the outputs of tools into plain JSON values."""

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import numpy as np

from pipelines.detections import Detection

OMIT = object()


def json_safe(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs as JSON: detections as objects, NaN and infinity as null, and no bytes or pictures."""
    return {str(name): plain for name, value in outputs.items() if (plain := to_plain(value)) is not OMIT}


def to_plain(value: Any) -> Any:
    """One value as JSON, or OMIT for bytes and pictures; what has no JSON form becomes its text."""
    if isinstance(value, Enum):
        return to_plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Detection):
        return json_safe(value.as_dict())
    if isinstance(value, Mapping):
        return json_safe(value)
    if isinstance(value, bytes | bytearray | memoryview) or is_picture(value):
        return OMIT
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain for item in value if (plain := to_plain(item)) is not OMIT]
    return str(value)


def is_picture(value: Any) -> bool:
    """An array of bytes in two dimensions or more."""
    return isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim >= 2
