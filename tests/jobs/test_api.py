"""The HTTP face of jobs as a script meets it."""

import csv
import io
import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from accounts.callers import SERVER
from jobs import services, storage
from jobs.models import Job
from tests.jobs.workshop import Workshop, indices_of
from tests.pipelines.api.answers import refusal

OPERATIONS = {
    "/video/submit": {"post"},
    "/video/status/{job_id}": {"get"},
    "/video/results/{job_id}": {"get"},
    "/jobs": {"get"},
    "/jobs/{job_id}": {"get", "delete"},
    "/jobs/{job_id}/extended": {"get"},
    "/jobs/{job_id}/cancel": {"post"},
    "/jobs/{job_id}/retry": {"post"},
    "/jobs/{job_id}/video": {"get"},
    "/jobs/{job_id}/annotated": {"get", "post"},
}
NOBODY = uuid.UUID(int=1)


@pytest.fixture
def half_done(workshop: Workshop) -> Job:
    """A job that still runs and has the results of its first six frames."""
    job = workshop.work(workshop.submit())
    job.chunks.filter(number__gt=2).delete()
    Job.objects.filter(pk=job.pk).update(status="running", lease_owner="somebody", chunks_done=2)
    return Job.objects.get(pk=job.pk)


async def content_of(response: Any) -> bytes:
    """The bytes of a streamed answer."""
    return b"".join([piece async for piece in response.streaming_content])


def test_every_operation_is_described(client: Client, db: None) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert {path: set(paths[path]) for path in OPERATIONS} == OPERATIONS
    assert paths["/video/submit"]["post"]["requestBody"]["content"]["multipart/form-data"]


def address_of(path: str) -> str:
    """The address of a job that does not exist."""
    return path.replace("{job_id}", str(NOBODY))


@pytest.mark.parametrize("path", [path for path in OPERATIONS if "{" in path])
class TestNoJob:
    def test_there_is_no_such_job(self, client: Client, workshop: Workshop, path: str) -> None:
        for method in OPERATIONS[path]:
            assert refusal(client.generic(method.upper(), address_of(path)))[:2] == (404, "not_found")

    def test_an_id_that_is_none(self, client: Client, workshop: Workshop, path: str) -> None:
        for method in OPERATIONS[path]:
            answer = client.generic(method.upper(), path.replace("{job_id}", "../../etc"))
            assert refusal(answer)[0] == 404


@pytest.mark.parametrize("path", OPERATIONS)
class TestEverywhere:
    def test_it_may_need_a_login(self, client: Client, workshop: Workshop, settings: Any, path: str) -> None:
        settings.FORGESYTE_REQUIRE_LOGIN = True
        for method in OPERATIONS[path]:
            assert refusal(client.generic(method.upper(), address_of(path)))[0] == 401

    def test_no_page_of_another_site_changes_anything(
        self, client: Client, workshop: Workshop, path: str
    ) -> None:
        for method in OPERATIONS[path] - {"get"}:
            headers = {"origin": "https://evil.example"}
            assert refusal(client.generic(method.upper(), address_of(path), headers=headers))[0] == 403

    def test_a_change_needs_the_token_of_who_is_logged_in(
        self, workshop: Workshop, settings: Any, path: str
    ) -> None:
        settings.FORGESYTE_REQUIRE_LOGIN = True
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_user("ann"))
        for method in OPERATIONS[path] - {"get"}:
            assert refusal(client.generic(method.upper(), address_of(path)))[0] == 403

    def test_a_wrong_method(self, client: Client, workshop: Workshop, path: str) -> None:
        assert refusal(client.put(address_of(path)))[0] == 405

    def test_the_old_address_answers_alike(self, client: Client, workshop: Workshop, path: str) -> None:
        method = sorted(OPERATIONS[path])[0].upper()
        old = client.generic(method, f"/v1{address_of(path)}")
        new = client.generic(method, address_of(path))

        assert (old.status_code, old.content) == (new.status_code, new.content)
        assert old["Deprecation"].startswith("@")
        assert "Deprecation" not in new


class TestStatus:
    def test_of_a_job_that_waits(self, client: Client, waiting: Job) -> None:
        assert client.get(f"/video/status/{waiting.pk}").json() == {
            "job_id": str(waiting.pk),
            "status": "pending",
            "progress": 0.0,
            "frames_done": 0,
            "frames_total": 8,
            "error_code": "",
            "error_message": "",
        }

    def test_of_one_that_is_done(self, client: Client, done: Job) -> None:
        found = client.get(f"/video/status/{done.pk}").json()

        assert (found["status"], found["progress"], found["frames_done"]) == ("completed", 100.0, 8)

    def test_in_full(self, client: Client, done: Job) -> None:
        found = client.get(f"/jobs/{done.pk}").json()

        assert found["job_id"] == str(done.pk)
        assert found["source_name"] == "clip.mp4"
        assert found["summary"]["detections"] == 8

    def test_extended(self, client: Client, done: Job) -> None:
        found = client.get(f"/v1/jobs/{done.pk}/extended").json()

        assert found["frames"] == 8
        assert (found["device_requested"], found["device_used"], found["fallback"]) == ("auto", "cpu", False)
        assert set(found["plugin_timings"]) == {"first", "second"}
        assert (found["progress"], found["warnings"]) == (100.0, [])


class TestResults:
    async def results(self, client: AsyncClient, job: Job, **query: Any) -> Any:
        return await client.get(f"/video/results/{job.pk}", query_params=query)

    async def test_json(self, async_client: AsyncClient, done: Job) -> None:
        response = await self.results(async_client, done)

        body = json.loads(await content_of(response))
        assert response["Content-Type"] == "application/json"
        assert body["job_id"] == str(done.pk)
        assert [line["frame_index"] for line in body["results"]] == list(range(1, 9))

    async def test_lines(self, async_client: AsyncClient, done: Job) -> None:
        response = await self.results(async_client, done, format="jsonl")

        lines = [json.loads(line) for line in (await content_of(response)).splitlines()]
        assert [line["frame_index"] for line in lines] == list(range(1, 9))
        assert response["Content-Disposition"].startswith('inline; filename="clip.jsonl"')

    async def test_a_table(self, async_client: AsyncClient, done: Job) -> None:
        response = await self.results(async_client, done, format="csv")

        rows = list(csv.DictReader(io.StringIO((await content_of(response)).decode("utf-8-sig"))))
        assert [int(row["frame_index"]) for row in rows] == list(range(1, 9))
        assert (rows[0]["left_px"], rows[0]["width_px"]) == ("16.0", "32.0")
        assert response["Content-Type"].startswith("text/csv")

    async def test_coco(self, async_client: AsyncClient, done: Job) -> None:
        body = json.loads(await content_of(await self.results(async_client, done, format="coco")))

        assert len(body["images"]) == len(body["annotations"]) == 8
        assert body["annotations"][0]["bbox"] == [16, 12, 32, 24]

    async def test_some_frames(self, async_client: AsyncClient, done: Job) -> None:
        response = await self.results(async_client, done, format="jsonl", first_frame=3, last_frame=5)

        lines = [json.loads(line) for line in (await content_of(response)).splitlines()]
        assert [line["frame_index"] for line in lines] == [3, 4, 5]

    def test_while_it_runs(self, client: Client, waiting: Job) -> None:
        status, code, detail = refusal(client.get(f"/video/results/{waiting.pk}"))

        assert (status, code) == (409, "job_not_finished")
        assert "partial=1" in detail

    @pytest.mark.parametrize("format", ["json", "jsonl", "csv", "coco"])
    async def test_what_is_there_while_it_runs(
        self, async_client: AsyncClient, half_done: Job, format: str
    ) -> None:
        response = await self.results(async_client, half_done, format=format, partial=1)
        body = (await content_of(response)).decode()

        counted = {
            "json": lambda: len(json.loads(body)["results"]),
            "jsonl": lambda: len(body.splitlines()),
            "csv": lambda: len(body.splitlines()) - 1,
            "coco": lambda: len(json.loads(body)["images"]),
        }
        assert counted[format]() == 6

    async def test_nothing_is_there_yet(self, async_client: AsyncClient, waiting: Job) -> None:
        response = await self.results(async_client, waiting, partial=1)

        assert json.loads(await content_of(response))["results"] == []

    @pytest.mark.parametrize("what", ["video/results/{}", "jobs/{}/video"])
    async def test_to_be_kept(self, async_client: AsyncClient, done: Job, what: str) -> None:
        response = await async_client.get(f"/{what.format(done.pk)}?download=1")

        assert response["Content-Disposition"].startswith("attachment; ")
        response.close()

    def test_an_unknown_format(self, client: Client, done: Job) -> None:
        assert refusal(client.get(f"/video/results/{done.pk}?format=xml"))[:2] == (422, "invalid_request")


class TestList:
    def ids(self, client: Client, **query: Any) -> list[str]:
        return [job["job_id"] for job in client.get("/jobs", query).json()["jobs"]]

    def test_the_newest_come_first_without_their_summaries(self, client: Client, workshop: Workshop) -> None:
        jobs = [workshop.submit() for _ in range(3)]

        found = client.get("/jobs").json()

        assert [job["job_id"] for job in found["jobs"]] == [str(job.pk) for job in reversed(jobs)]
        assert found["next_cursor"] is None
        assert "summary" not in found["jobs"][0]

    def test_page_by_page(self, client: Client, workshop: Workshop) -> None:
        jobs = [workshop.submit() for _ in range(5)]
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            page = client.get(f"/jobs?limit=2&cursor={cursor}").json()
            seen += [job["job_id"] for job in page["jobs"]]
            cursor = page["next_cursor"]

        assert seen == [str(job.pk) for job in reversed(jobs)]
        assert cursor is None

    def test_by_state(self, client: Client, done: Job, workshop: Workshop) -> None:
        waiting = workshop.submit()

        assert self.ids(client, status="completed") == [str(done.pk)]
        assert self.ids(client, status="pending,completed") == [str(waiting.pk), str(done.pk)]
        assert self.ids(client, status="failed") == []

    def test_by_pipeline_and_text(self, client: Client, workshop: Workshop) -> None:
        street = workshop.submit(workshop.clip("Street.mp4"))
        other = workshop.submit(workshop.clip("garden.mp4"), tool="count")

        assert self.ids(client, pipeline_id="count") == [str(other.pk)]
        assert self.ids(client, text="street") == [str(street.pk)]
        assert self.ids(client, text="the count") == [str(other.pk)]

    @pytest.mark.parametrize(
        "query", [{"status": "lost"}, {"cursor": "x"}, {"limit": 0}, {"limit": 201}, {"limit": "many"}]
    )
    def test_questions_that_make_no_sense(
        self, client: Client, workshop: Workshop, query: dict[str, Any]
    ) -> None:
        assert refusal(client.get("/jobs", query))[:2] == (422, "invalid_request")


class TestChange:
    def test_cancel(self, client: Client, waiting: Job) -> None:
        assert client.post(f"/jobs/{waiting.pk}/cancel").json()["status"] == "cancelled"
        assert refusal(client.post(f"/jobs/{waiting.pk}/cancel"))[:2] == (409, "wrong_state")

    def test_retry(self, client: Client, workshop: Workshop, waiting: Job) -> None:
        assert refusal(client.post(f"/jobs/{waiting.pk}/retry"))[:2] == (409, "wrong_state")
        services.cancel_job(job_id=waiting.pk, caller=SERVER)

        assert client.post(f"/jobs/{waiting.pk}/retry").json()["status"] == "pending"
        assert indices_of(workshop.work(waiting)) == list(range(1, 9))

    def test_delete(self, client: Client, done: Job) -> None:
        response = client.delete(f"/jobs/{done.pk}")

        assert (response.status_code, response.content) == (204, b"")
        assert not Job.objects.exists()
        assert not done.source_path.exists()
        assert not storage.result_dir(done.pk).exists()
