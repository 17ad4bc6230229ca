"""Parameters that only operators may set: those that name files, folders or addresses of the server."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# A file's name without its folder, such as `yolo11n` or `yolo11n.onnx`.
PLAIN_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}"
REFUSED = "operator_only"
ONLY_OPERATORS = "only operators may set this, in a stored pipeline"
BY_REQUEST = {"by_request": True}


@dataclass(frozen=True)
class OperatorOnly:
    """Marks a parameter that names a file, folder or address: `path: Annotated[str, OperatorOnly()] = ""`.

    A request of the API that sets it is refused, before any other check of the value. `unless` is the regular
    expression of what requests may give all the same, and `meaning` says in words what that is. The
    parameter's JSON schema has `operator_only`: true, or that expression.
    """

    unless: str | None = None
    meaning: str = ""

    def allows(self, value: Any) -> bool:
        """True if a request may give this value."""
        return self.unless is not None and isinstance(value, str) and bool(re.fullmatch(self.unless, value))

    @property
    def refusal(self) -> str:
        """The sentence that says so; the same for every value, so that it tells nothing of the disk."""
        return f"{ONLY_OPERATORS}; a request may give {self.meaning}" if self.meaning else ONLY_OPERATORS

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), REFUSED: self.unless or True}

    def _check(self, value: Any, info: ValidationInfo) -> Any:
        if info.context == BY_REQUEST and not self.allows(value):
            # Braces in the text would be taken for names of values.
            raise PydanticCustomError(REFUSED, "{refusal}", {"refusal": self.refusal})
        return value


def validated(model: type[BaseModel], params: Mapping[str, Any], *, by_request: bool = False) -> BaseModel:
    """The parameters as the tool's model; raises pydantic's ValidationError.

    `by_request` says that they come from a request of the API, which may not set what is OperatorOnly.
    """
    return model.model_validate(dict(params), context=BY_REQUEST if by_request else None)


def accepted_names(model: type[BaseModel]) -> set[str]:
    """The names under which a tool's parameters may be given."""
    fields = model.model_fields
    return {*fields, *(field.alias for field in fields.values() if field.alias)}


def ignores_others(model: type[BaseModel]) -> bool:
    """True if pydantic says nothing of names that the model does not have."""
    return model.model_config.get("extra") in (None, "ignore")


def shown(model: type[BaseModel], params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as anybody may see them: without what only operators may set, and without what is wrong.

    A wrong value may be a path that stands under a wrong name. Nothing is shown where that cannot be told.
    """
    names = accepted_names(model) if ignores_others(model) else params.keys()
    known = {name: value for name, value in params.items() if name in names}
    try:
        validated(model, known, by_request=True)
    except ValidationError as error:
        found = error.errors(include_url=False)
        if any(problem["loc"] == () for problem in found):
            return {}
        return without(known, (problem["loc"] for problem in found if problem["type"] != "missing"))
    # A validator that another package brings may raise anything.
    except Exception:
        return {}
    return known


def without(params: Mapping[str, Any], places: Iterable[tuple[int | str, ...]]) -> dict[str, Any]:
    """A copy without the values at these places; where one is inside a list, without the whole parameter."""
    kept = deepcopy(dict(params))
    for first, *inner in places:
        holder: Any = kept
        for name in (path := [first, *inner])[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and path[-1] in holder:
            del holder[path[-1]]
        else:
            kept.pop(str(first), None)
    return kept
