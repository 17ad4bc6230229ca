"""FastRTC as its guide sets it up: a video handler that runs the network and draws what it found."""

import argparse
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI
from fastrtc import Stream, VideoStreamHandler
from pydantic import BaseModel

from bench.peers.network import load


class Ready(BaseModel):
    """A session whose data channel is open: FastRTC hands frames to the handler from here on."""

    webrtc_id: str


def make_app(weights: str, skip_frames: bool) -> FastAPI:
    """The application that serves one network."""
    predict = load(weights)

    def detect(image_bgr: Any) -> Any:
        return predict(image_bgr).plot()

    stream = Stream(
        VideoStreamHandler(detect, skip_frames=skip_frames),
        modality="video",
        mode="send-receive",
        concurrency_limit=64,
        # By default a public STUN server is asked, which two ends on one machine do not need.
        server_rtc_configuration={"iceServers": []},
        verbose=False,
    )
    app = FastAPI()
    stream.mount(app)

    @app.post("/input_hook")
    def ready(session: Ready) -> None:
        stream.set_input(session.webrtc_id, None)

    @app.get("/health")
    def health() -> dict[str, int]:
        return {"threads": torch.get_num_threads()}

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--skip-frames", action="store_true")
    options = parser.parse_args()
    app = make_app(options.weights, options.skip_frames)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")
