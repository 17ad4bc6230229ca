"""The origins of pages that may open sockets."""

import pytest

from forgesyte.server.origin import is_allowed

LOCAL = ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("origin", "host", "allowed_hosts", "expected"),
    [
        (None, "localhost:8000", LOCAL, True),
        ("http://localhost:8000", "localhost:8000", LOCAL, True),
        ("http://LOCALHOST:8000", "localhost:8000", LOCAL, True),
        ("http://[::1]:8000", "[::1]:8000", LOCAL, True),
        ("http://localhost", "localhost:80", LOCAL, True),
        ("https://localhost:443", "localhost", LOCAL, True),
        ("http://localhost:8001", "localhost:8000", LOCAL, False),
        ("https://localhost", "localhost:80", LOCAL, False),
        ("http://evil.example", "localhost:8000", LOCAL, False),
        ("http://evil.example", "evil.example", LOCAL, False),
        ("http://localhost.evil.example:8000", "localhost:8000", LOCAL, False),
        ("http://a.example.com", "a.example.com", [".example.com"], True),
        ("https://any.example", "any.example", ["*"], True),
        ("https://any.example", "other.example", ["*"], False),
        ("null", "localhost:8000", LOCAL, False),
        ("file://", "localhost:8000", LOCAL, False),
        ("", "localhost:8000", LOCAL, False),
        ("http://", "", ["*"], False),
    ],
)
def test_only_our_own_pages(origin: str | None, host: str, allowed_hosts: list[str], expected: bool) -> None:
    assert is_allowed(origin, host, allowed_hosts) is expected
