"""Pipelines and plugins over HTTP as a script meets them."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from PIL import Image

from pipelines.api import LEFT_OUT
from pipelines.media import uploads
from pipelines.models import Pipeline
from pipelines.runtime import get_engine
from tests.pipelines.api.answers import RUN, refusal, store
from tests.pipelines.pictures import drawn, picture_file
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]


class TestList:
    def test_valid_invalid_and_unavailable_pipelines_are_all_there(self, client: Client) -> None:
        store(toy_definition("boxes"), description="Finds a box.")
        store(toy_definition("gone", weights="gone"), "gone")
        store({"id": "broken"}, "broken")

        found = {item["id"]: item for item in client.get("/pipelines/list").json()["pipelines"]}

        assert found["boxes"] == {
            "id": "boxes",
            "name": "The boxes",
            "description": "Finds a box.",
            "available": True,
            "reason": None,
        }
        assert found["gone"]["reason"] == "Weights “gone” were not found"
        assert found["broken"]["reason"].startswith("Invalid: ")
        assert not found["gone"]["available"]
        assert not found["broken"]["available"]

    def test_a_disabled_pipeline_is_offered_to_nobody(self, client: Client) -> None:
        store(toy_definition("boxes"), enabled=False)

        assert client.get("/pipelines/list").json() == {"pipelines": []}
        assert client.get("/pipelines/boxes/info").status_code == 404


class TestInfo:
    def test_the_graph_is_told(self, client: Client) -> None:
        store(toy_definition("boxes"))

        info = client.get("/pipelines/boxes/info").json()

        assert (info["node_count"], info["edge_count"]) == (2, 1)
        assert (info["entry_nodes"], info["output_nodes"]) == (["find"], ["find", "count"])
        assert info["nodes"][0] == {"id": "find", "plugin_id": "toy", "tool_id": "box", "params": {}}
        assert info["available"] is info["valid"] is True

    def test_an_invalid_pipeline_says_what_is_wrong(self, client: Client) -> None:
        definition = toy_definition("boxes")
        definition["nodes"][1]["plugin_id"] = "uninstalled"
        store(definition)

        info = client.get("/pipelines/boxes/info").json()

        assert info["valid"] is False
        assert any("uninstalled" in error["message"] for error in info["errors"])
        assert info["node_count"] == 2

    @pytest.mark.parametrize("definition", ["text", [1], {"nodes": 3}])
    def test_nonsense_in_the_database_does_no_harm(self, client: Client, definition: Any) -> None:
        store(definition)

        assert client.get("/pipelines/boxes/info").json()["valid"] is False

    def test_an_unknown_id(self, client: Client) -> None:
        answer = refusal(client.get("/pipelines/nope/info"))

        assert answer == (404, "invalid_pipeline", "Unknown pipeline_id: nope")


class TestValidate:
    def post(self, client: Client, body: str) -> Any:
        return client.post("/pipelines/validate", body, content_type="application/json")

    def test_a_valid_definition(self, client: Client) -> None:
        assert self.post(client, json.dumps(toy_definition())).json() == {"valid": True, "errors": []}

    def test_all_problems_with_their_places(self, client: Client) -> None:
        definition = toy_definition(size="big")
        definition["edges"].append({"from_node": "count", "to_node": "nowhere"})

        verdict = self.post(client, json.dumps(definition)).json()

        assert verdict["valid"] is False
        assert {"nodes[find].params.size", "edges[1].to_node"} <= {e["where"] for e in verdict["errors"]}

    @pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "\x00"])
    def test_a_body_that_is_no_json(self, client: Client, body: str) -> None:
        status, code, detail = refusal(self.post(client, body))

        assert (status, code) == (400, "bad_request")
        assert detail.startswith("The body is not JSON")

    def test_a_body_beyond_djangos_limit(self, client: Client) -> None:
        assert refusal(self.post(client, " " * 3_000_000))[:2] == (413, "request_entity_too_large")


@pytest.mark.django_db(transaction=True)
class TestRun:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_one_picture_one_result(self, client: Client, kind: str) -> None:
        store(toy_definition("boxes", label="cat"))

        body = client.post(RUN, {"file": picture_file(drawn(), kind)}).json()

        box = {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5, "label": "cat", "score": 0.9}
        assert body["result"] == {"detections": [box], "text": "1 found"}
        assert set(body["timings_ms"]) == {"decode", "find", "count", "total"}
        assert body["warnings"] == ["320x200"]

    def test_a_turned_photograph_is_set_upright(self, client: Client) -> None:
        store(toy_definition("boxes"))
        exif = Image.Exif()
        exif[0x0112] = 6

        body = client.post(RUN, {"file": picture_file(drawn(), "JPEG", exif=exif)}).json()

        assert body["warnings"] == ["200x320"]

    async def test_it_runs_on_an_event_loop(self, async_client: AsyncClient) -> None:
        await Pipeline.objects.acreate(pipeline_id="boxes", definition=toy_definition("boxes"))

        response = await async_client.post(RUN, {"file": picture_file(drawn())})

        assert response.json()["result"]["text"] == "1 found"

    def test_an_unknown_pipeline(self, client: Client) -> None:
        assert refusal(client.post(RUN, {"file": picture_file(drawn())}))[:2] == (404, "invalid_pipeline")

    def test_an_invalid_pipeline(self, client: Client) -> None:
        store({"id": "boxes"})

        assert refusal(client.post(RUN, {"file": picture_file(drawn())}))[:2] == (422, "invalid_pipeline")

    def test_weights_that_are_not_there(self, client: Client) -> None:
        store(toy_definition("boxes", weights="gone"))

        answer = refusal(client.post(RUN, {"file": picture_file(drawn())}))

        assert answer == (503, "unavailable", "Weights “gone” were not found")

    def test_a_tool_that_fails_tells_no_secrets(self, client: Client) -> None:
        store(toy_definition("boxes", label="fail"))

        answer = refusal(client.post(RUN, {"file": picture_file(drawn())}))

        assert answer == (500, "pipeline_failure", "The toy broke")

    def test_no_file(self, client: Client) -> None:
        store(toy_definition("boxes"))

        assert refusal(client.post(RUN)) == (422, "invalid_request", "file: Field required")

    @pytest.mark.parametrize("content", [b"x", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xff\xd8\xff", b"GIF89a"])
    def test_a_file_that_is_no_picture(self, client: Client, content: bytes) -> None:
        store(toy_definition("boxes"))

        answer = refusal(client.post(RUN, {"file": SimpleUploadedFile("a.jpg", content)}))

        assert answer[:2] == (415, "not_an_image")

    def test_a_picture_that_breaks_off(self, client: Client) -> None:
        store(toy_definition("boxes"))
        whole = picture_file(drawn("words"), "PNG").read()

        answer = refusal(client.post(RUN, {"file": SimpleUploadedFile("a.png", whole[:150])}))

        assert answer[:2] == (422, "invalid_frame")

    @pytest.mark.parametrize("size_wh", [(5001, 5000), (12000, 8000), (16000, 16000)])
    def test_a_header_that_declares_too_much(self, client: Client, size_wh: tuple[int, int]) -> None:
        store(toy_definition("boxes"))
        huge = picture_file(Image.new("1", size_wh), "PNG")

        assert refusal(client.post(RUN, {"file": huge}))[:2] == (413, "image_too_large")

    def test_a_file_over_the_limit(self, client: Client) -> None:
        store(toy_definition("boxes"))
        heavy = SimpleUploadedFile("a.jpg", b"\xff" * (uploads.MAX_BYTES + 1))

        assert refusal(client.post(RUN, {"file": heavy})) == (413, "file_too_large", uploads.TOO_LARGE)

    def test_a_body_far_over_the_limit_is_not_taken_apart(self, client: Client) -> None:
        answer = refusal(client.post(RUN, {}, CONTENT_LENGTH=str(10 * uploads.MAX_BYTES)))

        assert answer == (413, "file_too_large", uploads.TOO_LARGE)

    def test_a_server_that_stops_is_unavailable(self, client: Client) -> None:
        store(toy_definition("boxes"))
        get_engine().close()

        answer = refusal(client.post(RUN, {"file": picture_file(drawn())}))

        assert answer == (503, "unavailable", "The server is stopping")

    def test_much_text_beside_the_file(self, client: Client) -> None:
        store(toy_definition("boxes"))

        answer = refusal(client.post(RUN, {"file": picture_file(drawn()), "note": "x" * 3_000_000}))

        assert answer == (
            413,
            "request_entity_too_large",
            "The form has too much text beside its files: all fields together may have 512 KB",
        )

    def test_a_multipart_body_that_is_none(self, client: Client) -> None:
        store(toy_definition("boxes"))

        answer = refusal(client.post(RUN, b"--", content_type="multipart/form-data; boundary="))

        assert answer[:2] == (400, "bad_request")


@pytest.mark.django_db(transaction=True)
class TestPlugins:
    def test_tools_with_their_parameters(self, client: Client) -> None:
        body = client.get("/plugins").json()

        tools = {tool["id"]: tool for tool in body["plugins"][0]["tools"]}
        assert body["plugins"][0]["id"] == "toy"
        assert tools["count"]["input_types"] == ["detections"]
        assert tools["box"]["params"]["properties"]["size"]["default"] == 0.5
        assert {tool["health"] for tool in tools.values()} == {"ok"}
        assert tools["named"]["params"]["required"] == ["label"]
        assert body["problems"] == [{"plugin": "broken", "message": LEFT_OUT}]
        assert body["engine"] == {"slots": 1, "waiting": 0, "device": "cpu"}

    def test_runs_are_counted(self, client: Client) -> None:
        store(toy_definition("boxes"))

        def runs() -> int:
            tools = client.get("/plugins").json()["plugins"][0]["tools"]
            timings = next(tool["timings"] for tool in tools if tool["id"] == "box")
            return int(timings.get("runs", 0))

        before = runs()
        client.post(RUN, {"file": picture_file(drawn())})

        assert runs() == before + 1
