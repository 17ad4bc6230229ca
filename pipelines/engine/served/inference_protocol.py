"""A client of the Open Inference Protocol, version 2, over HTTP: a model server runs a network on arrays.

Triton, KServe and OpenVINO Model Server speak it. Arrays travel as bytes where the server says that it has
the extension for that, else as JSON. https://github.com/kserve/open-inference-protocol
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.served.http_exchange import ExchangeFailed, Exchanger
from pipelines.engine.served.models import ServerAddress

TIMEOUT_S = 20.0
MAX_BYTES = 64_000_000
HEADER_LENGTH = "inference-header-content-length"
BINARY = "binary_tensor_data"
DATATYPES: dict[str, np.dtype[Any]] = {
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "UINT8": np.dtype("u1"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
}
Array = NDArray[Any]


class InferenceClient:
    """Asks about one model and runs it; several threads may use it. Raises ExchangeFailed."""

    def __init__(
        self, address: ServerAddress, *, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES
    ) -> None:
        self._address = address
        self._server = Exchanger(
            address.scheme, address.host, address.port, timeout_s=timeout_s, max_bytes=max_bytes
        )
        about = self._get(address.server_path)
        extensions = about.get("extensions")
        self._binary = isinstance(extensions, list) and BINARY in extensions

    def metadata(self) -> dict[str, Any]:
        """The model's `inputs` and `outputs`, each with `name`, `datatype` and `shape`."""
        return self._get(self._address.model_path)

    def config(self) -> dict[str, Any]:
        """Triton's configuration of the model; empty where the server has no such thing."""
        try:
            return self._get(f"{self._address.model_path}/config")
        except ExchangeFailed:
            return {}

    def infer(self, input_name: str, datatype: str, array: Array, output_name: str) -> Array:
        """The output that the model gives for one input."""
        request: dict[str, Any] = {"name": input_name, "datatype": datatype, "shape": list(array.shape)}
        wanted: dict[str, Any] = {"name": output_name}
        if self._binary:
            raw = array.astype(DATATYPES[datatype]).tobytes()
            request["parameters"] = {"binary_data_size": len(raw)}
            wanted["parameters"] = {"binary_data": True}
        else:
            raw = b""
            request["data"] = array.ravel().tolist()
        head = json.dumps({"inputs": [request], "outputs": [wanted]}).encode()
        headers = {"Content-Type": "application/octet-stream" if raw else "application/json"}
        if raw:
            headers[HEADER_LENGTH] = str(len(head))
        answer_headers, body = self._ask("POST", f"{self._address.model_path}/infer", head + raw, headers)
        return output_in(body, answer_headers.get(HEADER_LENGTH), output_name)

    def _get(self, path: str) -> dict[str, Any]:
        return json_object(self._ask("GET", path)[1])

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        status, answer_headers, content = self._server.ask(method, path, body, headers)
        if status != 200:
            raise ExchangeFailed(f"it answered {status}")
        return answer_headers, content


def json_object(text: bytes) -> dict[str, Any]:
    """The object that a server sent; raises ExchangeFailed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExchangeFailed("its answer is not JSON") from error
    if not isinstance(found, dict):
        raise ExchangeFailed("its answer is no object")
    return found


def output_in(body: bytes, header_length: str | None, name: str) -> Array:
    """The output of this name in an answer, which is JSON, or JSON and after it the outputs' bytes."""
    try:
        end = int(header_length) if header_length else len(body)
        place = end
        for output in json_object(body[:end])["outputs"]:
            size = (output.get("parameters") or {}).get("binary_data_size")
            if output["name"] == name:
                raw = None if size is None else body[place : place + size]
                return array_of(output, raw)
            place += size or 0
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ExchangeFailed("its answer is not as the protocol has it") from error
    raise ExchangeFailed("its answer misses an output")


def array_of(output: Mapping[str, Any], raw: bytes | None) -> Array:
    """One output as an array of its shape; raises what bad data leads to."""
    dtype = DATATYPES[output["datatype"]]
    flat = np.array(output["data"], dtype).ravel() if raw is None else np.frombuffer(raw, dtype)
    return flat.reshape(output["shape"])
