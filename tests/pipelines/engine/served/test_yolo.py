"""Networks on a model server are asked by a client of our own: within a time and a size, and nothing else."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.detectors.nms import DetectOptions
from pipelines.engine.detectors.yolo_networks import load_yolo
from pipelines.engine.networks import NetworkCache
from pipelines.engine.served.http_exchange import ExchangeFailed, Exchanger
from pipelines.engine.served.inference_protocol import InferenceClient, output_in
from pipelines.engine.served.models import ServerAddress
from pipelines.engine.served.yolo import ServedYolo
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError, WeightsNotFound
from tests.pipelines.engine.served.model_server import ModelServer, serving

FRAME = np.full((480, 640, 3), 255, np.uint8)
NAMES = "{'task': 'detect', 'names': {0: 'cat', 1: 'dog'}, 'stride': 32}"


def one_box(pixels: NDArray[Any]) -> NDArray[Any]:
    """A dog in the middle of the input, and next to nothing elsewhere: (1, 4 + 2 classes, 3 boxes)."""
    _, _, height, width = pixels.shape
    rows = np.zeros((1, 6, 3), np.float32)
    rows[0, :, 1] = (width / 2, height / 2, width / 4, height / 2, 0.2, 0.9)
    return rows


def connect(model: ModelServer, **options: Any) -> ServedYolo:
    return ServedYolo(InferenceClient(ServerAddress.parse(f"{model.address}/yolo"), **options))


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("datatype", ["FP32", "FP16"])
def test_boxes_come_back_on_the_frame(binary: bool, datatype: str) -> None:
    with serving(ModelServer(one_box, binary=binary, datatype=datatype, metadata=NAMES)) as model:
        network = connect(model)
        found = network.find(FRAME, DetectOptions(320, conf=0.5))

    assert model.shapes[-1] == (1, 3, 256, 320)
    assert found.boxes_xyxy.tolist() == [[240, 112, 400, 368]]
    assert (found.scores.tolist(), found.classes.tolist()) == (pytest.approx([0.9]), [1])
    assert (network.names, network.fixed_size_hw) == ({0: "cat", 1: "dog"}, None)


def test_it_gets_the_pixels_as_ultralytics_gives_them() -> None:
    seen: list[NDArray[Any]] = []

    def run(pixels: NDArray[Any]) -> NDArray[Any]:
        seen.append(pixels)
        return one_box(pixels)

    blue = np.zeros((32, 32, 3), np.uint8)
    blue[..., 0] = 255
    with serving(ModelServer(run)) as model:
        connect(model).find(blue, DetectOptions(32, conf=0.5))

    assert seen[-1][0].max(axis=(1, 2)).tolist() == [0, 0, 1]


def test_a_network_of_fixed_size_gets_that_whatever_is_asked_for() -> None:
    with serving(ModelServer(one_box, shape=(1, 3, 320, 320))) as model:
        network = connect(model)
        found = network.find(FRAME, DetectOptions(1280, conf=0.5))

    assert network.fixed_size_hw == (320, 320)
    assert set(model.shapes) == {(1, 3, 320, 320)}
    assert found.boxes_xyxy.tolist() == [[240, 80, 400, 400]]
    assert network.names == {}


def test_what_stands_behind_the_classes_is_left_out_and_classes_are_chosen() -> None:
    def run(pixels: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([one_box(pixels), np.full((1, 32, 3), 99)], axis=1)

    with serving(ModelServer(run, metadata=NAMES.replace("detect", "segment"))) as model:
        network = connect(model)
        assert network.find(FRAME, DetectOptions(320, conf=0.5)).classes.tolist() == [1]
        assert network.find(FRAME, DetectOptions(320, conf=0.1, classes=[0])).classes.tolist() == []


def test_oriented_boxes_come_back_on_the_frame() -> None:
    def run(pixels: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([one_box(pixels), np.full((1, 1, 3), np.pi / 2)], axis=1)

    with serving(ModelServer(run, metadata=NAMES.replace("detect", "obb"))) as model:
        found = connect(model).find(FRAME, DetectOptions(320, conf=0.5))

    # A dog of 80x128 in the middle of an input of 320x256, turned by a quarter, at twice the size.
    assert found.boxes_xyxy.tolist() == [[192, 160, 448, 320]]
    assert found.polygons is not None
    assert found.polygons[0] == pytest.approx(
        np.array([(448, 160), (448, 320), (192, 320), (192, 160)]), abs=0.01
    )
    assert found.classes.tolist() == [1]


def test_a_network_that_sorts_out_by_itself() -> None:
    rows = np.array([[[0, 0, 32, 32, 0.9, 1], [8, 8, 16, 16, 0.6, 0], [0, 0, 1, 1, 0.1, 1]]])
    notes = json.dumps({"end2end": "True", "names": "{0: 'cat', 1: 'dog'}"})
    with serving(ModelServer(lambda pixels: rows, metadata=notes)) as model:
        network = connect(model)
        found = network.find(np.zeros((64, 64, 3), np.uint8), DetectOptions(64, conf=0.5))
        cats = network.find(np.zeros((64, 64, 3), np.uint8), DetectOptions(64, conf=0.5, classes=[0]))

    assert (found.boxes_xyxy.tolist(), found.classes.tolist()) == ([[0, 0, 32, 32], [8, 8, 16, 16]], [1, 0])
    assert cats.classes.tolist() == [0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metadata": "{'task': 'classify'}"}, "gives no boxes"),
        ({"metadata": "{'task': 'obb', 'end2end': True}"}, "export it with end2end=False"),
        ({"shape": (1, 1, 640, 640)}, "pictures of three colours"),
        ({"shape": (1, 3, 64000, 64000)}, "pictures of three colours"),
        ({"datatype": "BYTES"}, "pictures of three colours"),
        ({"shape": (3, 640, 640)}, "does not take one picture"),
        ({"metadata": "{'names': {0: 'a', 1: 'b', 2: 'c'}}"}, "other classes than its configuration"),
        ({"metadata": "{'end2end': True}", "run": lambda pixels: np.zeros((1, 9, 3))}, "not that of a YOLO"),
        ({"run": lambda pixels: np.zeros((1, 9))}, "not that of a YOLO"),
        ({"run": lambda pixels: np.full((1, 6, 3), np.nan)}, "not that of a YOLO"),
    ],
)
def test_what_is_no_network_of_boxes_is_refused(options: dict[str, Any], words: str) -> None:
    with (
        serving(ModelServer(**{"run": one_box, **options})) as model,
        pytest.raises(PipelineError, match=f"The served network cannot be used: .*{words}"),
    ):
        connect(model)


@pytest.mark.parametrize(
    ("path", "status", "content", "words"),
    [
        ("/v2", 302, b"{}", "it answered 302"),
        ("/v2", 200, b"<html>", "is not JSON"),
        ("/v2", 200, b"[" * 100_000, "is not JSON"),
        ("/v2", 200, b"[]", "is no object"),
        ("/v2/models/yolo", 404, b"{}", "it answered 404"),
        ("/v2/models/yolo", 200, b"{}", "does not take one picture"),
        ("/v2/models/yolo", 200, b'{"inputs": [{}], "outputs": []}', "does not take one picture"),
        ("/v2/models/yolo/infer", 500, b"{}", "it answered 500"),
        ("/v2/models/yolo/infer", 200, b"{}", "not as the protocol has it"),
        ("/v2/models/yolo/infer", 200, b'{"outputs": []}', "misses an output"),
        ("/v2/models/yolo/infer", 200, b"x" * 300_000, "larger than 0 MB"),
    ],
)
def test_a_bad_answer_is_a_plain_error_and_followed_nowhere(
    path: str, status: int, content: bytes, words: str
) -> None:
    with serving(ModelServer(one_box, replace={path: (status, content)})) as model:
        with pytest.raises((PipelineError, ExchangeFailed), match=words) as caught:
            connect(model, max_bytes=200_000)
        assert model.address not in str(caught.value)
        assert "/elsewhere" not in model.asked


def test_a_network_without_outputs() -> None:
    told = {"inputs": [{"name": "images", "datatype": "FP32", "shape": [1, 3, -1, -1]}], "outputs": []}
    replace = {"/v2/models/yolo": (200, json.dumps(told).encode())}
    with (
        serving(ModelServer(one_box, replace=replace)) as model,
        pytest.raises(PipelineError, match="it has no output"),
    ):
        connect(model)


@pytest.mark.parametrize(
    "notes", ["{", "1", "(" * 5000, "[1]", "{'names': 'x', 'task': 'detect'}", "{'names': {5: 'a'}}"]
)
def test_notes_that_cannot_be_read_are_left_out(notes: str) -> None:
    with serving(ModelServer(one_box, metadata=notes)) as model:
        assert connect(model).names == {}


@pytest.mark.parametrize(
    "output",
    [
        {"name": "o", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": 4}},
        {"name": "o", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": -3}},
        {"name": "o", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 1.5}},
        {"name": "o", "datatype": "FP32", "shape": [1], "parameters": [1]},
        {"name": "o", "datatype": "object", "shape": [1], "data": [1]},
        {"name": "o", "datatype": "FP32", "shape": [2], "data": [[1, 2], [3]]},
        {"name": "o", "datatype": "FP32", "shape": "ab", "data": [1, 2]},
        {"name": "o", "datatype": "INT32", "shape": [1], "data": [1e400]},
        {"shape": [1]},
        7,
    ],
)
def test_an_output_that_is_not_what_it_says(output: Any) -> None:
    head = json.dumps({"outputs": [output]}).encode()
    with pytest.raises(ExchangeFailed, match="not as the protocol has it"):
        output_in(head + b"abcd", str(len(head)), "o")


@contextmanager
def raw_server(answer: bytes, *, drip: bool = False) -> Iterator[tuple[ServerAddress, list[bytes]]]:
    """Sends these bytes to each who asks, where wanted one at a time, and then closes the connection."""
    stop = threading.Event()
    asked: list[bytes] = []

    def serve() -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                if stop.is_set():
                    return
                asked.append(connection.recv(65536))
                try:
                    if not drip:
                        connection.sendall(answer)
                    while drip and not stop.wait(0.02):
                        connection.sendall(answer)
                except OSError:
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield ServerAddress("http", "127.0.0.1", port, ("yolo",)), asked
        finally:
            stop.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


@pytest.mark.parametrize("answer", [b"H", b"X-Header: more\r\n"])
def test_a_server_that_drips_is_given_up_in_time(answer: bytes) -> None:
    begun = time.monotonic()
    head = b"HTTP/1.1 200 OK\r\n" if answer.startswith(b"X") else b""
    with raw_server(head + answer, drip=True) as (address, _), pytest.raises(ExchangeFailed, match="in time"):
        InferenceClient(address, timeout_s=0.3)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"220 smtp ready\r\n", "does not speak HTTP"),
        (b"", "there is no connection|does not speak HTTP"),
    ],
)
def test_what_is_no_answer(answer: bytes, words: str) -> None:
    with raw_server(answer) as (address, asked), pytest.raises(ExchangeFailed, match=words):
        InferenceClient(address)
    # A connection may only have been idle for too long, so it is tried twice.
    assert len(asked) == 2


def test_an_answer_that_is_cut_short() -> None:
    with (
        raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{") as (address, _),
        pytest.raises(ExchangeFailed, match="is not JSON"),
    ):
        InferenceClient(address)


def test_a_time_that_is_over_before_it_begins() -> None:
    with serving(ModelServer(one_box)) as model:
        address = ServerAddress.parse(model.address)
        exchanger = Exchanger("http", address.host, address.port, timeout_s=0, max_bytes=100)
        with pytest.raises(ExchangeFailed, match="in time"):
            exchanger.ask("GET", "/v2")
    assert model.asked == []


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ExchangeFailed, match="there is no connection"):
        InferenceClient(ServerAddress("http", "127.0.0.1", port, ("yolo",)))


def test_what_is_no_tls_server_is_not_asked() -> None:
    with (
        raw_server(b"HTTP/1.1 200 OK\r\n\r\n{}") as (address, _),
        pytest.raises(ExchangeFailed, match="there is no connection"),
    ):
        InferenceClient(ServerAddress("https", address.host, address.port, ("yolo",)))


def test_connections_stay_open_and_a_closed_one_is_made_anew() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (address, asked):
        exchanger = Exchanger("http", address.host, address.port, timeout_s=5, max_bytes=100)
        for _ in range(2):
            assert exchanger.ask("GET", "/v2")[::2] == (200, b"{}")
    assert len(asked) == 2


def test_it_is_loaded_by_its_address_where_the_operator_allows_that(tmp_path: Any) -> None:
    with serving(ModelServer(one_box, metadata=NAMES)) as model:
        allowed = [ServerAddress.parse(model.address)]
        store, cache = WeightsStore(tmp_path, tmp_path, served=allowed), NetworkCache()
        first = load_yolo(f"{model.address}/yolo", "auto", cache, store)
        second = load_yolo(f"{model.address}/yolo/", "cpu", cache, store)
        with first.network.borrow() as one, second.network.borrow() as other:
            assert one is other
        assert (first.device.used, first.backend) == ("remote", "open inference protocol")
        with pytest.raises(WeightsNotFound, match="FORGESYTE_SERVED_NETWORKS"):
            load_yolo(f"{model.address}/yolo", "auto", cache, WeightsStore(tmp_path, tmp_path))
        (error,) = [model.address.replace("http", "https")]
        with pytest.raises(PipelineError, match="The served network cannot be used: there is no connection"):
            load_yolo(
                f"{error}/yolo",
                "auto",
                cache,
                WeightsStore(tmp_path, tmp_path, served=[ServerAddress.parse(error)]),
            )
