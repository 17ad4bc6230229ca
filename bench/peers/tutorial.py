"""What tutorials build: FastAPI, and `predict` inside the WebSocket's handler."""

import argparse
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

    @app.websocket("/ws")
    async def detect(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                data = await websocket.receive_bytes()
                image_bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
                await websocket.send_json({"detections": boxes_of(predict(image_bgr))})
        except WebSocketDisconnect:
            pass

    @app.get("/health")
    def health() -> dict[str, int]:
        return {"threads": torch.get_num_threads()}

    return app


def boxes_of(result: Any) -> list[dict[str, Any]]:
    """What a page needs to draw boxes."""
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
