"""Alive at once; ready when the database answers and the default pipeline is in memory."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from forgesyte import __version__
from pipelines import readiness
from pipelines.errors import PipelineError
from pipelines.models import Pipeline
from pipelines.readiness import Preloader
from pipelines.runtime import Runtime
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A preloader that has opened nothing yet."""
    preloader = Preloader()
    monkeypatch.setattr(readiness, "preloader", preloader)
    yield
    preloader.close()


def store_default(**params: Any) -> None:
    Pipeline.objects.create(pipeline_id="yolo_ocr", definition=toy_definition("yolo_ocr", **params))


def test_health_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health").json() == {"status": "ok", "version": __version__}


def test_ready(client: Client) -> None:
    store_default()

    response = client.get("/ready")

    checks = {"database": "ok", "pipeline yolo_ocr": "ok", "slots": "ok"}
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": checks})


def test_a_default_pipeline_that_is_missing(client: Client) -> None:
    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json() == {
        "error": "not_ready",
        "detail": "pipeline yolo_ocr: Unknown pipeline_id: yolo_ocr",
        "checks": {"database": "ok", "pipeline yolo_ocr": "Unknown pipeline_id: yolo_ocr", "slots": "ok"},
    }


def test_a_pipeline_that_cannot_be_opened_is_tried_again(
    client: Client, toys: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_default()
    real = toys.open_sync

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise PipelineError("No room in memory")

    monkeypatch.setattr(toys, "open_sync", broken)
    assert client.get("/ready").json()["detail"] == "pipeline yolo_ocr: No room in memory"

    monkeypatch.setattr(toys, "open_sync", real)
    assert client.get("/ready").status_code == 200


def test_a_bug_while_opening_tells_no_secrets(
    client: Client, toys: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_default()

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret inner workings")

    monkeypatch.setattr(toys, "open_sync", broken)

    assert client.get("/ready").json()["checks"]["pipeline yolo_ocr"] == "cannot be opened"


def test_loading_takes_its_time_once(client: Client, toys: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    store_default()
    opened, go_on, real = [], threading.Event(), toys.open_sync

    def slow(definition: Any, **kwargs: Any) -> Any:
        opened.append(definition.id)
        assert go_on.wait(60)
        return real(definition, **kwargs)

    monkeypatch.setattr(toys, "open_sync", slow)
    monkeypatch.setattr(readiness, "PATIENCE_S", 0.0)

    assert client.get("/ready").json()["checks"]["pipeline yolo_ocr"] == "loading"
    assert client.get("/ready").status_code == 503
    go_on.set()
    monkeypatch.setattr(readiness, "PATIENCE_S", 20.0)
    assert client.get("/ready").status_code == 200
    assert client.get("/ready").status_code == 200
    assert opened == ["yolo_ocr"]


def test_an_edited_pipeline_is_loaded_again(
    client: Client, toys: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_default()
    opened, real = [], toys.open_sync

    def noted(definition: Any, **kwargs: Any) -> Any:
        opened.append(definition.nodes[0].params)
        return real(definition, **kwargs)

    monkeypatch.setattr(toys, "open_sync", noted)
    client.get("/ready")
    Pipeline.objects.update(definition=toy_definition("yolo_ocr", label="cat"))
    client.get("/ready")

    assert opened == [{}, {"label": "cat"}]


def test_a_database_that_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def cursor(self) -> Any:
            raise DatabaseError("secret address")

    def no_definition(pipeline_id: str) -> Any:
        raise DatabaseError("secret address")

    monkeypatch.setattr(readiness, "connection", Unreachable())
    monkeypatch.setattr(readiness, "definition_of", no_definition)

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["detail"] == "database: does not answer; pipeline yolo_ocr: cannot be looked up"
