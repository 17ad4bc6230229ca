"""The entries by which a file comes into the product; each takes a file and gives the same kind of answer."""

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from jobs.models import Job
from jobs.selectors import read_lines
from jobs.worker import job_run
from pipelines.models import Pipeline
from tests.streaming.conftest import Client as Session

ADD = "/admin/pipelines/pipeline/add/"


@dataclass
class Answer:
    """The results of a file's frames, all warnings, and why there is no result where there is none."""

    results: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def texts(self) -> list[str]:
        """The text of each frame."""
        return [result.get("text", "") for result in self.results]

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in a frame's line; a frame that failed has an error."""
        self.warnings += line.get("warnings", [])
        if line.get("error"):
            self.error = self.error or str(line["error"])
        else:
            self.results.append(dict(line["result"]))


class World:
    """An installation in this process, with a stored pipeline for each definition that is given."""

    def __init__(self, folder: Path, weights_dir: Path) -> None:
        self.folder = folder
        self.weights_dir = weights_dir

    def store(self, definition: Mapping[str, Any]) -> str:
        """Store a pipeline as it is, valid or not; its id."""
        pipeline_id = str(definition["id"])
        Pipeline.objects.update_or_create(
            pipeline_id=pipeline_id, defaults={"name": pipeline_id, "definition": dict(definition)}
        )
        return pipeline_id

    def socket(self, pipeline_id: str, *frames: bytes) -> list[Answer]:
        """An answer for each frame of one session, up to the one that ends it."""
        return asyncio.run(session(pipeline_id, frames))

    def run(self, pipeline_id: str, data: bytes, name: str = "file") -> Answer:
        """`POST /pipelines/{id}/run`."""
        file = SimpleUploadedFile(name, data)
        body = Client().post(f"/pipelines/{pipeline_id}/run", {"file": file}).json()
        if "error" in body:
            return Answer(error=body["detail"])
        return Answer([body["result"]], body["warnings"])

    def trial(self, pipeline_id: str, data: bytes, name: str = "file") -> Answer:
        """`Try it` in the admin's editor."""
        definition = Pipeline.objects.get(pk=pipeline_id).definition
        form = {"definition": json.dumps({**definition, "id": "trial"}), "enabled": "on", "_try": "Try it"}
        response = operator().post(ADD, {**form, "picture": SimpleUploadedFile(name, data)})
        form_errors = [error for errors in response.context["errors"] for error in errors]
        if form_errors:
            return Answer(error="; ".join(form_errors))
        trial = response.context["trial"]
        return Answer([json.loads(trial.result)] if trial.result else [], list(trial.warnings), trial.error)

    def job(self, pipeline_id: str, data: bytes, name: str = "file", **options: Any) -> Answer:
        """An upload, worked through."""
        form = {"file": SimpleUploadedFile(name, data), "pipeline_id": pipeline_id, **options}
        response = Client().post("/video/submit", form)
        if response.status_code != 202:
            return Answer(error=response.json()["detail"])
        job_run.run(response.json()["job_id"])
        job = Job.objects.get(pk=response.json()["job_id"])
        answer = Answer(warnings=list(job.warnings), error=job.error_message)
        for line in read_lines(job):
            answer.add(line)
        return answer

    def command(self, pipeline_id: str, data: bytes, name: str = "file") -> Answer:
        """`manage.py run_pipeline`."""
        path = self.folder / name
        path.write_bytes(data)
        said, complaints = io.StringIO(), io.StringIO()
        try:
            call_command("run_pipeline", pipeline_id, str(path), "--json", stdout=said, stderr=complaints)
        except CommandError as error:
            return Answer(error=str(error))
        answer = Answer(warnings=complaints.getvalue().splitlines())
        for line in said.getvalue().splitlines():
            answer.add(json.loads(line))
        return answer

    @property
    def single(self) -> dict[str, Callable[[str, bytes], Answer]]:
        """The entries that take one picture of any format, by name."""
        return {"run": self.run, "trial": self.trial}

    @property
    def files(self) -> dict[str, Callable[[str, bytes], Answer]]:
        """The entries that work through all of a file, by name."""
        return {"job": self.job, "command": self.command}


def operator() -> Client:
    """Somebody who may edit pipelines, at a browser."""
    user, _ = User.objects.get_or_create(username="operator", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


async def session(pipeline_id: str, frames: tuple[bytes, ...]) -> list[Answer]:
    """Send frames one after the other, each when the one before is answered."""
    answers: list[Answer] = []
    async with Session(f"pipeline_id={pipeline_id}") as client:
        for frame in frames:
            await client.send(frame)
            message = await client.read()
            while message.get("dropped"):
                message = await client.read()
            answer = Answer(error=message.get("detail", ""))
            if "result" in message:
                answer.add(message)
            answers.append(answer)
            if "error" in message:
                break
    return answers
