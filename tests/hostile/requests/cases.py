"""Requests whose values make no sense, to every address there is."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_from_bytes
from uuid import UUID, uuid4

from tests.hostile.requests.values import (
    BODIES,
    CHARSETS,
    COOKIES,
    DATES,
    FILE_HEADS,
    IDS,
    JSON_VALUES,
    MANY_DIGITS,
    NAMES,
    OPTIONS,
    POSTS_WITH_IDS,
    QUERIES,
    RANGES,
    VALUES,
    WITH_IDS,
)


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
