"""Each message of the corpus meets its reader alone: it is accepted, or refused with an error of ours."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forgesyte.api.strict_json import NotJson, loads
from pipelines.errors import InvalidImage
from pipelines.graph.problems import MAX_PROBLEMS
from pipelines.graph.validation import validate
from pipelines.media.images import decode_image
from pipelines.media.uploads import UploadRefused, read_picture
from pipelines.tools import filters
from pipelines.tools.counting import counts
from pipelines.tools.registry import PluginRegistry
from streaming.frame_validator import FrameValidationError, validate_jpeg
from tests.hostile.corpus.bodies import MULTIPART, definition_body, form
from tests.hostile.corpus.files import file_head
from tests.hostile.corpus.frames import broken_frame, pictures
from tests.hostile.corpus.messages import broken_json, socket_bytes
from tests.hostile.corpus.requests import request
from tests.hostile.corpus.strategies import (
    definitions,
    file_heads,
    forms,
    frames,
    messages,
    picture_heads,
)

MAX_BYTES, MAX_PIXELS = 5 * 1024 * 1024, 1_000_000
# A form that cannot be read, one that misses the file, and one for a pipeline that is not there.
FORM_REFUSALS = {400: "bad_request", 422: "invalid_request", 404: "invalid_pipeline"}
REGISTRY = PluginRegistry((counts.plugin, filters.plugin))
# Readers are quick, and the machine may be busy.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(frames)
def test_a_frame_is_refused_before_it_costs_anything_or_decoded(data: bytes) -> None:
    with suppress(FrameValidationError, InvalidImage):
        width, height = validate_jpeg(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        assert decode_image(data).shape == (height, width, 3)


@unhurried
@given(st.sampled_from(pictures()))
def test_good_frames_are_good(data: bytes) -> None:
    width, height = validate_jpeg(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    assert decode_image(data).shape == (height, width, 3)


@unhurried
@given(messages)
def test_json_is_read_or_refused(data: bytes) -> None:
    with suppress(NotJson):
        json.dumps(loads(data), allow_nan=False)


@unhurried
@given(definitions)
def test_a_definition_is_judged_in_a_moment(definition: dict[str, Any]) -> None:
    start = time.process_time()
    problems = validate(definition, REGISTRY)
    assert time.process_time() - start < 1
    assert len(problems) <= MAX_PROBLEMS + 1


@unhurried
@given(frames | picture_heads | file_heads)
def test_the_head_of_a_picture_file_is_read_or_refused(data: bytes) -> None:
    with suppress(UploadRefused):
        assert read_picture(SimpleUploadedFile("a", data), MAX_PIXELS) == data


@pytest.mark.django_db
@settings(unhurried, max_examples=30)
@given(forms)
def test_a_form_is_refused_with_the_word_of_its_fault(body: bytes) -> None:
    response = Client().post("/pipelines/nowhere/run", body, content_type=MULTIPART)
    assert set(response.json()) == {"error", "detail"}
    assert response.json()["error"] == FORM_REFUSALS.get(response.status_code)


MAKERS = (broken_frame, broken_json, socket_bytes, definition_body, form, file_head, request)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_the_same_seed_says_the_same(make: Callable[[Random], Any]) -> None:
    """Else a failure could not be had again."""
    first = [make(Random(seed)) for seed in range(50)]
    pictures.cache_clear()
    assert [make(Random(seed)) for seed in range(50)] == first
