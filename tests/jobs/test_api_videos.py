"""The API of jobs: the uploaded video and the annotated one."""

from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client

from jobs.models import Job
from jobs.worker.annotation import annotate
from tests.jobs.test_api import content_of
from tests.jobs.workshop import Workshop
from tests.pipelines.api.answers import refusal
from tests.pipelines.pictures import drawn, picture_file


class TestVideo:
    async def get(self, client: AsyncClient, job: Job, **headers: str) -> Any:
        return await client.get(f"/jobs/{job.pk}/video", headers=headers)

    async def test_all_of_it(self, async_client: AsyncClient, waiting: Job) -> None:
        response = await self.get(async_client, waiting)

        content = await content_of(response)
        assert content == waiting.source_path.read_bytes()
        assert response["Content-Length"] == str(len(content))
        assert response["Content-Type"] == "video/mp4"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Accept-Ranges"] == "bytes"
        assert response["Content-Disposition"].startswith('inline; filename="clip.mp4"')

    async def test_a_part_of_it(self, async_client: AsyncClient, waiting: Job) -> None:
        whole = waiting.source_path.read_bytes()

        response = await self.get(async_client, waiting, range="bytes=100-199")

        assert response.status_code == 206
        assert await content_of(response) == whole[100:200]
        assert response["Content-Range"] == f"bytes 100-199/{len(whole)}"
        assert response["Content-Length"] == "100"

    async def test_a_part_that_is_not_there(self, async_client: AsyncClient, waiting: Job) -> None:
        response = await self.get(async_client, waiting, range="bytes=99999999-")

        assert refusal(response)[:2] == (416, "range_not_satisfiable")
        assert response["Content-Range"] == f"bytes */{waiting.source_bytes}"

    async def test_only_its_headers(self, async_client: AsyncClient, waiting: Job) -> None:
        response = await async_client.head(f"/jobs/{waiting.pk}/video")

        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Length"] == str(waiting.source_bytes)
        assert response["Content-Type"] == "video/mp4"

    async def test_one_that_the_browser_has(self, async_client: AsyncClient, waiting: Job) -> None:
        first = await self.get(async_client, waiting)
        first.close()

        again = await self.get(async_client, waiting, if_none_match=first["ETag"])

        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("same", [True, False])
    async def test_a_part_of_what_was_begun(
        self, async_client: AsyncClient, waiting: Job, same: bool
    ) -> None:
        first = await self.get(async_client, waiting)
        first.close()
        tag = first["ETag"] if same else '"another"'

        response = await self.get(async_client, waiting, range="bytes=0-9", if_range=tag)

        assert response.status_code == (206 if same else 200)
        response.close()

    async def test_a_file_that_is_gone(self, async_client: AsyncClient, waiting: Job) -> None:
        waiting.source_path.unlink()

        assert refusal(await self.get(async_client, waiting))[0] == 404


class TestAnnotated:
    def address(self, job: Job) -> str:
        return f"/jobs/{job.pk}/annotated"

    async def test_it_is_made_when_somebody_asks(self, async_client: AsyncClient, done: Job) -> None:
        from asgiref.sync import sync_to_async

        address = self.address(done)
        assert refusal(await async_client.get(address))[:2] == (404, "not_made")

        asked = await async_client.post(address)
        assert (asked.status_code, asked.json()["annotated_status"]) == (202, "pending")
        again = await async_client.get(address)
        assert (again.status_code, again.json()["annotated_progress"]) == (202, 0.0)
        assert (await async_client.post(address)).status_code == 202

        await sync_to_async(annotate)(done.pk)

        made = await async_client.get(address, headers={"range": "bytes=4-7"})
        assert made.status_code == 206
        assert await content_of(made) == b"ftyp"
        assert made["Content-Type"] == "video/mp4"
        assert 'filename="clip annotated.mp4"' in made["Content-Disposition"]
        assert (await async_client.post(address)).status_code == 200

    async def test_of_a_picture(self, async_client: AsyncClient, workshop: Workshop, tmp_path: Path) -> None:
        from asgiref.sync import sync_to_async

        (tmp_path / "a.png").write_bytes(picture_file(drawn()).read())
        job = await sync_to_async(workshop.submit)(tmp_path / "a.png", frames=1)
        await sync_to_async(workshop.work)(job)
        await async_client.post(self.address(job))
        await sync_to_async(annotate)(job.pk)

        made = await async_client.get(self.address(job))

        assert made["Content-Type"] == "image/jpeg"
        assert (await content_of(made)).startswith(b"\xff\xd8")

    def test_not_before_there_are_results(self, client: Client, waiting: Job) -> None:
        assert refusal(client.post(self.address(waiting)))[:2] == (409, "no_results")

    def test_a_failure_says_why_and_can_be_tried_again(self, client: Client, done: Job) -> None:
        Job.objects.filter(pk=done.pk).update(annotated_status="failed", annotated_error="The disk is full")

        assert refusal(client.get(self.address(done))) == (409, "annotated_failed", "The disk is full")
        assert client.post(self.address(done)).status_code == 202
