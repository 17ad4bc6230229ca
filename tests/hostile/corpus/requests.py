"""Addresses, queries, methods and headers, made from a seed."""

from random import Random

NO_JOB = "00000000-0000-0000-0000-000000000000"
JOBS = (NO_JOB, "x", "../..", "%00", "a" * 500)
PLACES = (
    *("/jobs", "/pipelines/list", "/plugins", "/health", "/openapi.json", "/", "/videos/", "/nowhere", "//"),
    *("/%ff", "/static/../x", "/admin/login/", "/metrics", "/docs", "/v1/jobs", "/ready"),
    *(f"/jobs/{job}{then}" for job in JOBS for then in ("", "/video", "/cancel", "/retry", "/annotated")),
    *(f"/video/results/{job}" for job in JOBS),
    *(f"/pipelines/{job}/info" for job in JOBS),
    *(f"/videos/{job}/" for job in JOBS),
)
QUERIES = (
    *(
        "",
        "",
        "cursor=x",
        "cursor=MDAwMS0wMS0wMVQwMDowMDowMHx4",
        "limit=0",
        "limit=nan",
        "status=%00",
        "%",
        "=&=&",
    ),
    *("limit=9" + "9" * 4000, "text=" + "%f0" * 50, "a=" + "b" * 12_000, "first_frame=-1&last_frame=1e9"),
    *("format=xml", "status=" + ",".join("x" * 99), "&".join(f"a{number}=1" for number in range(1100))),
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Range": "bytes=" + "9" * 5000 + "-"},
    {"Range": "bytes=0-,0-,0-"},
    {"Accept": "text/html"},
    {"Accept": "/;q=x"},
    {"Cookie": "sessionid=" + "x" * 3000},
    {"Accept-Encoding": "\x7f"},
    {"X": "y" * 8000},
    {"If-Modified-Since": "never"},
    {"Origin": "http://evil.example"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Length": "9" * 5000},
)
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH")


def request(random: Random) -> tuple[str, str, dict[str, str]]:
    """Method, address and headers of a request that carries nothing."""
    path, query = random.choice(PLACES), random.choice(QUERIES)
    return random.choice(METHODS), f"{path}?{query}" if query else path, dict(random.choice(HEADERS))
