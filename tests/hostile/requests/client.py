"""Sends every case to the application and names each that gets no clear answer.

`python -m tests.hostile.requests.client` prints what goes wrong with the database of the environment.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from tests.hostile.requests.cases import Case, cases
from tests.hostile.requests.values import CSRF_TOKEN


@dataclass
class Answer:
    """The answer to a request."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


Application = Callable[..., Awaitable[object]]


def problem_with(answer: Answer) -> str:
    """The fault of an answer; empty where there is none."""
    if answer.status >= 500:
        return f"status {answer.status}"
    if any(b"\r" in value or b"\n" in value or b"stolen" in value for _, value in answer.headers):
        return "a header that the client wrote"
    content_type = next((value for name, value in answer.headers if name.lower() == b"content-type"), b"")
    if answer.status < 400 or not content_type.startswith(b"application/json"):
        return ""
    said = json.loads(answer.body)
    return "" if set(said) == {"error", "detail"} and len(answer.body) < 20_000 else f"it says {said}"[:300]


async def ask_all(application: Application, job_id: UUID, film: bytes, cookie: str) -> list[str]:
    """Every case that goes wrong, in words."""
    wrong = []
    for case in cases(job_id, film):
        try:
            problem = problem_with(await ask(application, case, cookie))
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"[:200]
        if problem:
            wrong.append(f"{case.method} {case.path[:60]}?{case.query[:40]} ({case.what}): {problem}")
    return wrong


async def ask(application: Application, case: Case, cookie: str) -> Answer:
    """The answer to one request."""
    answer = Answer()
    events = [{"type": "http.request", "body": case.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return events.pop() if events else await asyncio.Future[dict[str, Any]]()

    async def send(message: Mapping[str, Any]) -> None:
        answer.status = message.get("status", answer.status)
        answer.headers += message.get("headers", [])
        answer.body += message.get("body", b"")

    async with asyncio.timeout(60):
        await application(scope_of(case, cookie), receive, send)
    return answer


def scope_of(case: Case, cookie: str) -> dict[str, Any]:
    """The request as Daphne describes it."""
    given = {
        "HTTP_COOKIE": cookie,
        "HTTP_X_CSRFTOKEN": CSRF_TOKEN,
        "CONTENT_TYPE": case.content_type,
        "CONTENT_LENGTH": str(len(case.body)),
        **case.headers,
    }
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode())
        for name, value in {"HTTP_HOST": "localhost", **given}.items()
        if value
    ]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": case.method,
        "path": unquote(case.path),
        "query_string": case.query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }


def main() -> None:
    """Make a database with a job in it, ask as an administrator, and tell."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    from tests.hostile.requests.world import ask_as_administrator

    wrong = ask_as_administrator(Path(sys.argv[1]))
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
