import socket

import pytest

from loadtest.clients.frames import load_frames
from loadtest.plan import LoadPlan
from loadtest.soak.film import film_of, padded
from loadtest.soak.target import Answer, Busy, Unexpected, ends_within, read_head, reset
from tests.loadtest.soak.scripted import scripted, target_at


def test_a_refusal_is_told_from_what_must_not_be() -> None:
    with scripted({"GET /a": (429, "later"), "GET /b": (500, "broken"), "GET /c": (200, "well")}) as (
        target,
        _,
    ):
        assert target.expect(200, "GET", "/c").body == b"well"
        with pytest.raises(Busy, match="later"):
            target.expect(200, "GET", "/a")
        with pytest.raises(Unexpected, match="GET /b: 500 b'broken'"):
            target.expect(200, "GET", "/b?x=1")


def test_what_is_no_json() -> None:
    assert Answer(200, b"[1]").json() == [1]
    with pytest.raises(Unexpected, match="no JSON"):
        Answer(200, b"<html>").json()


def test_a_handshake_that_is_refused() -> None:
    with scripted({"GET /ws/video/stream": (403, "")}) as (target, _), pytest.raises(Unexpected, match="403"):
        target.open_stream()


def test_https_is_spoken_where_the_address_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        target = target_at(f"https://127.0.0.1:{plain.getsockname()[1]}")
        plain.listen()
        client = target._connection()
        assert type(client).__name__ == "HTTPSConnection"


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    return ours, theirs


def test_a_head_that_does_not_come() -> None:
    ours, theirs = pair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200")
        theirs.close()
        with pytest.raises(Unexpected, match="within the head"):
            read_head(ours)


def test_how_connections_end() -> None:
    for end in (socket.socket.close, reset):
        ours, theirs = pair()
        with ours:
            theirs.sendall(b"more")
            end(theirs)
            assert ends_within(ours, 5)
    ours, theirs = pair()
    with ours, theirs:
        assert not ends_within(ours, 0.01)
        assert not ends_within(ours, 0)


def test_a_film_is_a_video_and_its_padding_is_skipped() -> None:
    import io

    import av

    film = film_of(load_frames(LoadPlan(size_wh=(64, 48))), 10)
    for file in (film, padded(film, 1000)):
        with av.open(io.BytesIO(file)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 10
    assert len(padded(film, 1000)) == len(film) + 1008
