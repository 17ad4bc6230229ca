"""Requests whose values make no sense, to every address there is; each must get a clear answer.

`python -m tests.hostile.requests.table` prints what goes wrong with the database of the environment.
"""

import asyncio
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote
from uuid import UUID, uuid4

CSRF_TOKEN = "a" * 32
MANY_DIGITS = "9" * 5000
# What stands in an address, percent-encoded, and in a form.
VALUES: Mapping[str, bytes] = {
    "nothing": b"",
    "NUL": b"a\x00b",
    "half a character": b"a\xff",
    "a lone surrogate": b"\xed\xa0\x80",
    "a line break and a header": b"a\r\nSet-Cookie: stolen=1",
    "very long": b"x" * 5000,
    "infinite": b"inf",
    "not a number": b"nan",
    "a huge exponent": b"1e999",
    "thousands of digits": MANY_DIGITS.encode(),
    "more than 64 bits": b"99999999999999999999",
    "the largest of 64 bits": b"9223372036854775807",
    "negative": b"-1",
    "zero": b"0",
    "half": b"1.5",
    "digits of another script": "١٢".encode(),
    "a superscript": "²".encode(),
    "a minus of another script": "−1".encode(),
    "underscored": b"1_000",
    "hexadecimal": b"0x10",
    "blanks": b" 1 ",
    "a path": b"../../etc/passwd",
    "a template": b"{{7*7}}",
    "a quote": b"'\"<script>;--",
    "an emoji": "🙈".encode(),
    "right to left": "\u202egnp.exe".encode(),
}
IDS = (
    *("0", "nonsense", "-1", "١٢", MANY_DIGITS, "%00", "%FF", "a%0d%0aSet-Cookie:%20b=1", "..%2f..%2fetc"),
    *("00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "x" * 3000),
    "{00000000-0000-0000-0000-000000000000}",
)
RANGES = (
    *(f"bytes={MANY_DIGITS}-", f"bytes=-{MANY_DIGITS}", f"bytes=0-{MANY_DIGITS}", "bytes=-0", "bytes=--1"),
    *("bytes=-5--1", "bytes=5-1", "bytes=0-0,1-1", "bytes=" + ",".join(["0-0"] * 5000), "bytes=", "bytes"),
    *("bytes=١-٢", "bytes=+1-2", "bytes=1_0-20", "items=0-1", "bytes=0x1-", "bytes=inf-", "Bytes=0-1"),
    "bytes=99999999999999999999-",
)
DATES = ("nonsense", "0", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", MANY_DIGITS)
QUERIES: Mapping[str, tuple[str, ...]] = {
    "/": ("pipeline_id", "pipeline"),
    "/videos/": ("status", "cursor", "pipeline"),
    "/jobs": ("status", "pipeline_id", "text", "cursor", "limit"),
    "/video/results/{job}": ("format", "partial", "first_frame", "last_frame", "download"),
    "/jobs/{job}/video": ("download",),
    "/jobs/{job}/annotated": ("download",),
    "/metrics": ("name[]",),
    "/admin/login/": ("next",),
    "/admin/jobs/job/": ("q", "p", "o", "all", "e", "status__exact", "created_at__gte", "id__exact", "x"),
    "/admin/pipelines/pipeline/": ("q", "p", "o", "enabled__exact", "pk__in"),
    "/admin/auth/user/": ("q", "p", "is_staff__exact", "groups__id__exact", "date_joined__day"),
    "/admin/autocomplete/": ("term", "app_label", "model_name", "field_name", "page"),
}
WITH_IDS = (
    *("/video/status/{id}", "/video/results/{id}", "/jobs/{id}", "/jobs/{id}/extended", "/jobs/{id}/video"),
    *("/jobs/{id}/annotated", "/videos/{id}/", "/pipelines/{id}/info", "/v1/jobs/{id}", "/{id}"),
    *("/admin/jobs/job/{id}/change/", "/admin/pipelines/pipeline/{id}/change/", "/admin/r/{id}/{id}/"),
    *("/admin/auth/user/{id}/change/", "/admin/auth/user/{id}/password/", "/static/{id}", "/admin/{id}"),
)
POSTS_WITH_IDS = (
    *("/jobs/{id}/cancel", "/jobs/{id}/retry", "/jobs/{id}/annotated", "/pipelines/{id}/run"),
    "/admin/jobs/job/{id}/delete/",
)
OPTIONS = ("pipeline_id", "plugin_id", "tool", "params", "frame_stride", "max_frames", "device")
JSON_VALUES = (
    *(
        '"\\u0000"',
        '"\\ud800"',
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        MANY_DIGITS,
        "-0.0",
        "null",
        "[]",
        "{}",
    ),
    *('""', '"١"', "true", '"' + "x" * 5000 + '"', "99999999999999999999", "1.5"),
)
BODIES = (b"", b"\x00", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, MANY_DIGITS.encode(), b'"\\ud800"')
COOKIES = (
    'sessionid="\\000"',
    'csrftoken="\\000"',
    "sessionid=" + "x" * 5000,
    'sessionid="\\355\\240\\200"',
    "=;=;",
)
NAMES = (
    "a\0b.mp4",
    "a\r\nX: y.mp4",
    "x" * 3000 + ".mp4",
    '".mp4',
    "\u202e4pm.exe",
    "🙈" * 300,
    "a\ud800b.mp4",
    "CON",
)

# What the part of a file says of itself, beside the name of its field.
FILE_HEADS = (
    *("filename*=nonsense''x", "filename*=hex''6a", "filename*=unicode_escape''%5Cud800", "filename*=x"),
    *("filename*=utf-16''%00%D8", "filename*=utf-8''%ED%A0%80", "filename*='''", "filename*=idna''xn--a"),
    *('filename="a"\r\nContent-Transfer-Encoding: base64', 'filename="a"\r\nContent-Transfer-Encoding: \0'),
    *('filename="a"\r\nContent-Type: text/plain; charset=hex', 'filename="a"\r\nContent-Length: -1'),
    *('filename="a"\r\nContent-Type: ' + "x" * 5000, 'filename=""', "filename=", 'filename="/"'),
)
CHARSETS = ("nonsense", "hex", "rot13", "idna", "utf-7", "utf-16", "unicode_escape", "\0", "x" * 5000, "")


@dataclass(frozen=True)
class Case:
    """One request; `headers` in the form of WSGI's environment."""

    what: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Answer:
    """The answer to a request."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


Application = Callable[..., Awaitable[object]]


def cases(job_id: UUID, film: bytes) -> Iterator[Case]:
    """All of them; the job should be finished, with results and a file, and the film good."""
    yield from queries(job_id)
    yield from ids()
    yield from headers(job_id)
    yield from forms(film)
    yield from definitions()
    yield from names()


def queries(job_id: UUID) -> Iterator[Case]:
    """Every parameter of every address."""
    for path, parameters in QUERIES.items():
        for parameter in parameters:
            for what, value in VALUES.items():
                query = f"{quote(parameter)}={quote_from_bytes(value)}"
                yield Case(f"{parameter} is {what}", "GET", path.replace("{job}", str(job_id)), query)
    for cursor in cursors():
        for path in ("/jobs", "/videos/"):
            yield Case("a forged cursor", "GET", path, f"cursor={quote(cursor)}")


def cursors() -> Iterator[str]:
    """Cursors as this server gives them, of moments and jobs that never were."""
    moments = (
        *("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999-14:00"),
        *("2026-01-01", "2026-01-01T00:00:00", "nonsense", "\0", MANY_DIGITS, "٢٠٢٦-01-01T00:00:00+00:00"),
        *("2026-W01-1T00:00:00+00:00", "2026-01-01T00:00:00+23:59:59.999999"),
    )
    for moment in moments:
        for ending in (f" {uuid4()}", " nonsense", f" {uuid4()} more", ""):
            yield urlsafe_b64encode(f"{moment}{ending}".encode()).decode()
    yield from ("=", "====", "é", "\0", urlsafe_b64encode(b"\xff \xff").decode())


def ids() -> Iterator[Case]:
    """Every address with something in it."""
    for wrong in IDS:
        for path in WITH_IDS:
            yield Case("a wrong id", "GET", path.replace("{id}", wrong))
        for path in POSTS_WITH_IDS:
            yield Case("a wrong id", "POST", path.replace("{id}", wrong))
        yield Case("a wrong id", "DELETE", f"/jobs/{wrong}")


def headers(job_id: UUID) -> Iterator[Case]:
    """Requests with odd headers."""
    path = f"/jobs/{job_id}/video"
    for value in RANGES:
        yield Case(f"Range {value[:20]}", "GET", path, headers={"HTTP_RANGE": value})
        yield Case(f"Range {value[:20]}", "HEAD", path, headers={"HTTP_RANGE": value})
    for name in ("IF_MODIFIED_SINCE", "IF_RANGE", "IF_UNMODIFIED_SINCE", "IF_NONE_MATCH"):
        for value in DATES:
            yield Case(f"{name} {value[:20]}", "GET", path, headers={f"HTTP_{name}": value})
    for cookie in COOKIES:
        for address in ("/", "/jobs", "/videos/", "/admin/"):
            yield Case(f"cookie {cookie[:30]}", "GET", address, headers={"HTTP_COOKIE": cookie})
    for value in ("nonsense", "*/*;q=inf", "*/*;q=" + MANY_DIGITS, ",".join(["a/b"] * 1000), "\x01"):
        yield Case("Accept", "GET", "/nowhere", headers={"HTTP_ACCEPT": value, "HTTP_ACCEPT_LANGUAGE": value})
    for value in ("-1", "nonsense", MANY_DIGITS, "٢", "+5", "1_0", "5, 6"):
        for address in ("/video/submit", "/pipelines/look/run", "/pipelines/validate"):
            yield Case(f"Content-Length {value[:20]}", "POST", address, headers={"CONTENT_LENGTH": value})


def multipart(fields: Mapping[str, bytes], name: bytes = b"a.mp4", file: bytes = b"x") -> tuple[bytes, str]:
    """A multipart body with a file, and its type."""
    parts = [
        b'--limit\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (field.encode(), value)
        for field, value in fields.items()
    ]
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
    return b"".join(parts) + head + file + b"\r\n--limit--\r\n", "multipart/form-data; boundary=limit"


def forms(film: bytes) -> Iterator[Case]:
    """Every field of the form that submits a file, and bodies that are none."""
    for option in OPTIONS:
        for what, value in VALUES.items():
            for given in ({"pipeline_id": b"look"}, {"plugin_id": b"bench", "tool": b"look"}):
                body, content_type = multipart({**given, option: value})
                yield Case(f"{option} is {what}", "POST", "/video/submit", "", body, content_type)
            query = f"pipeline_id=look&{option}={quote_from_bytes(value)}"
            yield Case(f"{option} is {what}", "POST", "/video/submit", query, *multipart({}))
    for text in JSON_VALUES:
        for name in ("run_s", "fails_to_open", "nonsense"):
            params = f'{{"{name}": {text}}}'.encode()
            form = multipart({"plugin_id": b"bench", "tool": b"look", "params": params}, file=film)
            yield Case(f"{name} is {text[:20]}", "POST", "/video/submit", "", *form)
    for address in ("/video/submit", "/pipelines/look/run", "/pipelines/validate", "/admin/login/"):
        for body in BODIES:
            for content_type in (
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=é",
            ):
                yield Case(f"body {body[:10]!r}", "POST", address, "", body, content_type)


def definitions() -> Iterator[Case]:
    """Every field of a definition."""
    address = "/pipelines/validate"
    node = '{"id": %s, "plugin_id": "bench", "tool_id": "look", "params": {"run_s": %s, %s: 1}}'
    edge = '{"from_node": %s, "to_node": 1}'
    whole = '{"id": %s, "name": %s, "nodes": [%s], "edges": [%s], "entry_nodes": [%s]}'
    for text in JSON_VALUES:
        key = text if text.startswith('"') else '"run_s"'
        body = whole % (text, text, node % (text, text, key), edge % text, text)
        for what, said in (("definition of", body), ("definition", text)):
            yield Case(f"{what} {text[:20]}", "POST", address, "", said.encode(), "application/json")


def names() -> Iterator[Case]:
    """Names of files, and in which letters they and all the rest are written."""
    for head in FILE_HEADS:
        body, content_type = multipart({})
        body = body.replace(b'filename="a.mp4"', head.encode())
        yield Case(f"head {head[:30]!r}", "POST", "/video/submit", "pipeline_id=look", body, content_type)
        yield Case(f"head {head[:30]!r}", "POST", "/pipelines/look/run", "", body, content_type)
    for charset in CHARSETS:
        body, content_type = multipart({"pipeline_id": "lööök".encode()})
        for address in ("/video/submit", "/pipelines/look/run", "/admin/login/", "/pipelines/validate"):
            content = f"{content_type}; charset={charset}"
            yield Case(f"charset {charset[:10]!r}", "POST", address, "pipeline_id=%ff", body, content)
    for name in NAMES:
        encoded = name.encode("utf-8", "surrogatepass")
        for address in ("/video/submit?pipeline_id=look", "/pipelines/look/run"):
            path, _, query = address.partition("?")
            yield Case(f"name {name[:10]!r}", "POST", path, query, *multipart({}, encoded))


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
