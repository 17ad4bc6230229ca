"""The entries of a real server: each takes a pipeline and a file, and gives the same kind of answer."""

import asyncio
import html
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from websockets.exceptions import ConnectionClosed

from tests.accounts.test_open_sockets import token_of
from tests.streaming.live import PATIENCE_S, ROOT, LiveServer, environment, read, serving
from tests.world.entries import ADD, Answer

JOB_WITHIN_S = 120.0
NAME, PASSWORD = "operator", "a long word of passage"
STORE = """
import json, sys, django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from pipelines.models import Pipeline
call_command("migrate", verbosity=0)
User.objects.create_superuser(sys.argv[1], password=sys.argv[2])
for one in json.load(sys.stdin):
    named = {"name": one["name"], "definition": one}
    Pipeline.objects.update_or_create(pipeline_id=one["id"], defaults=named)
"""
# Django and the networks are loaded once for all files.
COMMANDS = """
import io, json, sys, django
django.setup()
from django.core.management import CommandError, call_command
for order in sys.stdin:
    said, complaints, error = io.StringIO(), io.StringIO(), ""
    try:
        call_command("run_pipeline", *json.loads(order), "--json", stdout=said, stderr=complaints)
    except CommandError as raised:
        error = str(raised)
    told = [said.getvalue().splitlines(), complaints.getvalue().splitlines(), error]
    print("TOLD" + json.dumps(told), flush=True)
"""


@dataclass
class Served(Answer):
    """An answer with the lines as they came, and the job where it was one."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    job: dict[str, Any] = field(default_factory=dict)

    def add(self, line: Mapping[str, Any]) -> None:
        super().add(line)
        self.lines.append(dict(line))

    @property
    def texts(self) -> list[str]:
        """The text of each frame, with blanks for all breaks."""
        return [" ".join(text.split()) for text in super().texts]

    @property
    def times_s(self) -> list[float]:
        """The time of each frame of a film."""
        return [line["time_s"] for line in self.lines]


class Site:
    """One installation that runs: a server, its worker, and a process that runs the command."""

    def __init__(
        self,
        server: LiveServer,
        commands: "subprocess.Popen[str]",
        definitions: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.server = server
        self.definitions = definitions
        self.url = f"http://127.0.0.1:{server.port}"
        self._commands = commands
        self._operator = requests.Session()
        login = f"{self.url}/account/login/"
        token = token_of(self._operator.get(login, timeout=PATIENCE_S).text)
        form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert self._operator.post(login, form, timeout=PATIENCE_S).status_code == 200

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=PATIENCE_S)

    def validate(self, definition: Mapping[str, Any]) -> list[str]:
        """The faults of a definition, one sentence each."""
        answer = requests.post(f"{self.url}/pipelines/validate", json=definition, timeout=PATIENCE_S)
        return [error["message"] for error in answer.json()["errors"]]

    def run(self, pipeline_id: str, path: Path) -> Served:
        """`POST /pipelines/{id}/run`."""
        url = f"{self.url}/pipelines/{pipeline_id}/run"
        with path.open("rb") as file:
            body = requests.post(url, files={"file": file}, timeout=PATIENCE_S).json()
        answer = Served(error=body.get("detail", ""))
        if not answer.error:
            answer.add(body)
        return answer

    def trial(self, pipeline_id: str, path: Path) -> Served:
        """`Try it` in the admin's editor."""
        url = f"{self.url}{ADD}"
        token = token_of(self._operator.get(url, timeout=PATIENCE_S).text)
        definition = json.dumps({**self.definitions[pipeline_id], "id": "trial"})
        form = {"definition": definition, "_try": "Try it", "csrfmiddlewaretoken": token}
        with path.open("rb") as file:
            page = self._operator.post(url, form, files={"picture": file}, timeout=PATIENCE_S).text
        if shown := re.search(r'<pre class="result"[^>]*>(.*?)</pre>', page, re.S):
            noted = re.search(r"<h3>Warnings</h3>\s*<ul>(.*?)</ul>", page, re.S)
            warnings = re.findall(r"<li>(.*?)</li>", noted[1], re.S) if noted else []
            answer = Served(warnings=[html.unescape(warning) for warning in warnings])
            answer.add({"result": json.loads(html.unescape(shown[1]))})
            return answer
        errors = re.findall(r'class="error(?:note|list)[^>]*>(.*?)</(?:p|ul)>', page, re.S)
        return Served(error=html.unescape(" ".join(errors)))

    def socket(self, pipeline_id: str, *paths: Path) -> list[Served]:
        """One session: an answer for each frame, up to the one that ends it."""
        return asyncio.run(self._session(pipeline_id, paths))

    async def _session(self, pipeline_id: str, paths: Sequence[Path]) -> list[Served]:
        answers: list[Served] = []
        async with self.server.stream(pipeline_id) as socket:
            for path in paths:
                # A pipeline that cannot run ends the session at once; its error waits to be read.
                with suppress(ConnectionClosed):
                    await socket.send(path.read_bytes())
                while (message := await read(socket)).get("dropped") or "warning" in message:
                    pass
                answer = Served(error=message.get("detail", ""))
                answers.append(answer)
                if answer.error:
                    break
                answer.add(message)
        return answers

    def job(self, pipeline_id: str, path: Path, **fields: Any) -> Served:
        """An upload, worked through by the worker."""
        with path.open("rb") as file:
            sent = requests.post(
                f"{self.url}/video/submit",
                {"pipeline_id": pipeline_id, **fields},
                files={"file": file},
                timeout=PATIENCE_S,
            )
        if sent.status_code != 202:
            return Served(error=sent.json()["detail"])
        place = f"/jobs/{sent.json()['job_id']}"
        deadline = time.monotonic() + JOB_WITHIN_S
        seen = []
        while (job := self.get(place).json())["status"] in ("pending", "running"):
            seen.append(job["progress"])
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
        assert all(progress < 100 for progress in seen), seen
        answer = Served(warnings=self.get(f"{place}/extended").json()["warnings"], job=job)
        answer.error = job["error_message"]
        for line in self.export(answer, "jsonl").text.splitlines():
            answer.add(json.loads(line))
        return answer

    def export(self, answer: Served, kind: str) -> requests.Response:
        """The results of a job as a file."""
        done = self.get(f"/video/results/{answer.job['job_id']}?format={kind}&partial=1")
        done.encoding = "utf-8"
        return done

    def annotated(self, answer: Served, path: Path) -> Path:
        """The annotated film or picture of a job, written to `path`."""
        url = f"{self.url}/jobs/{answer.job['job_id']}/annotated"
        requests.post(url, timeout=PATIENCE_S).raise_for_status()
        deadline = time.monotonic() + JOB_WITHIN_S
        while (made := requests.get(url, timeout=PATIENCE_S)).status_code == 202:
            assert time.monotonic() < deadline, made.text
            time.sleep(0.1)
        path.write_bytes(made.content)
        return path

    def command(self, pipeline_id: str, path: Path, **fields: Any) -> Served:
        """`manage.py run_pipeline`."""
        options = [
            word for name, value in fields.items() for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        assert self._commands.stdin
        assert self._commands.stdout
        self._commands.stdin.write(json.dumps([pipeline_id, str(path), *options]) + "\n")
        self._commands.stdin.flush()
        told = next(line for line in self._commands.stdout if line.startswith("TOLD"))
        lines, complaints, error = json.loads(told.removeprefix("TOLD"))
        answer = Served(warnings=complaints, error=error)
        for line in lines:
            answer.add(json.loads(line))
        return answer


@contextmanager
def site(data_dir: Path, definitions: Sequence[Mapping[str, Any]]) -> Iterator[Site]:
    """A site for the body, with these pipelines; networks lie in the folder `weights` of its data."""
    subprocess.run(
        [sys.executable, "-c", STORE, NAME, PASSWORD],
        input=json.dumps(definitions),
        text=True,
        cwd=ROOT,
        env=environment(data_dir),
        check=True,
        timeout=PATIENCE_S,
    )
    with (
        serving(data_dir, FORGESYTE_WORKERS="1") as server,
        subprocess.Popen(
            [sys.executable, "-c", COMMANDS],
            cwd=ROOT,
            env=environment(data_dir),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as commands,
    ):
        try:
            yield Site(server, commands, {str(one["id"]): one for one in definitions})
        finally:
            commands.kill()
