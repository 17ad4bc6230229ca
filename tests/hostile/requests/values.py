"""Values that make no sense, for every place of a request in which a client may write."""

from collections.abc import Mapping

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
