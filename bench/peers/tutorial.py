"""The server that tutorials build: FastAPI, and `predict` inside the WebSocket's handler.

`/ws` is the plain form, one answer for each frame. At `/queue` frames that come while one waits are thrown
away, as the more careful tutorials do.
"""

import argparse
import asyncio
from contextlib import suppress
from itertools import count
from typing import Any

import cv2
import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from bench.peers.network import load


def make_app(weights: str, all_cores: bool) -> FastAPI:
    """The application that serves one network."""
    predict = load(weights, all_cores)
    app = FastAPI()

    def found(data: bytes) -> list[dict[str, Any]]:
        return boxes_of(predict(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)))

    @app.websocket("/ws")
    async def detect(websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                data = await websocket.receive_bytes()
                await websocket.send_json({"detections": found(data)})

    @app.websocket("/queue")
    async def detect_newest(websocket: WebSocket) -> None:
        await websocket.accept()
        queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(maxsize=1)

        async def answer() -> None:
            while True:
                index, data = await queue.get()
                await websocket.send_json({"frame_index": index, "detections": found(data)})

        answering = asyncio.create_task(answer())
        with suppress(WebSocketDisconnect):
            for index in count(1):
                data = await websocket.receive_bytes()
                with suppress(asyncio.QueueFull):
                    queue.put_nowait((index, data))
        answering.cancel()

    @app.get("/health")
    def health() -> dict[str, int]:
        return {"threads": torch.get_num_threads()}

    return app


def boxes_of(result: Any) -> list[dict[str, Any]]:
    """The fields that a page needs to draw boxes."""
    return [
        {"box": box, "label": result.names[int(number)], "score": score}
        for box, number, score in zip(
            result.boxes.xyxyn.tolist(), result.boxes.cls.tolist(), result.boxes.conf.tolist(), strict=True
        )
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads-as-they-come", action="store_true")
    options = parser.parse_args()
    app = make_app(options.weights, all_cores=not options.threads_as_they_come)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")
