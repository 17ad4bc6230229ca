import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, FilePath, ValidationError, model_validator

from pipelines.tools.parameters import ONLY_OPERATORS, PLAIN_NAME, OperatorOnly, shown, validated

SECRET = "/etc/shadow"


class Folders(BaseModel):
    code: Annotated[str, OperatorOnly()] = "code"
    depth: int = 1


class Params(BaseModel):
    weights: Annotated[str, OperatorOnly(PLAIN_NAME, "a name {from the list}")] = Field("net", min_length=1)
    labels_file: Annotated[FilePath | None, OperatorOnly()] = Field(None, alias="labelsFile")
    folders: Folders = Folders()
    masks: list[Annotated[str, OperatorOnly()]] = []
    either: Folders | int = 1
    size: int = 640


def refused(params: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        validated(Params, params, by_request=True)
    return [(found["loc"], found["msg"]) for found in caught.value.errors()]


def test_operators_may_set_what_requests_may_not(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.touch()
    params = {
        "weights": "/nets/a.onnx",
        "labelsFile": str(file),
        "folders": {"code": "/code"},
        "masks": ["/m"],
    }

    assert validated(Params, params) == Params.model_validate(params)
    assert refused(params) == [
        (("weights",), f"{ONLY_OPERATORS}; a request may give a name {{from the list}}"),
        (("labelsFile",), ONLY_OPERATORS),
        (("folders", "code"), ONLY_OPERATORS),
        (("masks", 0), ONLY_OPERATORS),
    ]


def test_requests_may_set_the_rest_and_keep_the_defaults() -> None:
    given = {"weights": "yolo11n.pt", "folders": {"depth": 2}, "size": 320}

    assert validated(Params, given, by_request=True) == Params.model_validate(given)


@pytest.mark.parametrize("value", [SECRET, "/no/such/file", 5, None, ["x"], ""])
def test_the_refusal_is_the_same_whatever_is_given(value: Any) -> None:
    assert refused({"labelsFile": value}) == [(("labelsFile",), ONLY_OPERATORS)]


@given(
    st.text() | st.from_regex(PLAIN_NAME, fullmatch=True) | st.sampled_from(["http://h/x#x.pt", "..", "a\n"])
)
def test_a_plain_name_leads_to_no_folder_and_no_address(text: str) -> None:
    if OperatorOnly(PLAIN_NAME).allows(text):
        assert Path(text).name == text
        assert not re.search(r"[/\\:#?%~'\s]", text)
        assert not text.startswith((".", "-"))


def test_the_schema_says_it() -> None:
    schema = Params.model_json_schema()

    assert schema["properties"]["weights"]["operator_only"] == PLAIN_NAME
    assert schema["properties"]["labelsFile"]["operator_only"] is True
    assert schema["$defs"]["Folders"]["properties"]["code"]["operator_only"] is True
    assert "operator_only" not in schema["properties"]["size"]


def test_what_only_operators_may_set_is_not_shown() -> None:
    params = {
        "weights": SECRET,
        "labelsFile": SECRET,
        "folders": {"code": SECRET, "depth": 2},
        "masks": [SECRET],
        "either": {"code": SECRET},
        "size": "large",
    }

    assert shown(Params, params) == {"folders": {"depth": 2}}
    assert params["folders"] == {"code": SECRET, "depth": 2}
    assert shown(Params, {"weights": "yolo11n"}) == {"weights": "yolo11n"}


@pytest.mark.parametrize("wrong", [{"folders": SECRET}, {"weihgts": SECRET}, {"size": [SECRET]}])
def test_a_path_in_a_wrong_place_is_not_shown(wrong: dict[str, Any]) -> None:
    assert shown(Params, {"weights": "yolo11n", **wrong}) == {"weights": "yolo11n"}


class Strict(BaseModel, extra="forbid"):
    name: str
    folders: Folders = Folders()


def test_what_is_missing_takes_nothing_with_it() -> None:
    assert shown(Strict, {"folders": {"depth": 2}, "nmae": SECRET}) == {"folders": {"depth": 2}}


class Wholesale(BaseModel):
    path: Annotated[str, OperatorOnly()]

    @model_validator(mode="before")
    @classmethod
    def check(cls, data: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError if data["path"] == "broken" else ValueError("never")


@pytest.mark.parametrize("path", [SECRET, "broken"])
def test_nothing_is_shown_of_what_cannot_be_judged(path: str) -> None:
    assert shown(Wholesale, {"path": path}) == {}
