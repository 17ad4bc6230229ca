"""streamlit-webrtc as its object detection sample sets it up: a network in the video callback.

`streamlit run bench/peers/streamlit_app.py -- --weights PATH`
"""

import sys
from pathlib import Path
from typing import Any

import av
import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.peers.network import load

WEIGHTS = sys.argv[sys.argv.index("--weights") + 1]
FPS = 60


@st.cache_resource
def network() -> Any:
    """One network for all sessions, loaded by the first."""
    return load(WEIGHTS)


predict = network()


def detect(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame with its boxes."""
    return av.VideoFrame.from_ndarray(predict(frame.to_ndarray(format="bgr24")).plot(), format="bgr24")


webrtc_streamer(
    key="bench",
    mode=WebRtcMode.SENDRECV,
    video_frame_callback=detect,
    async_processing=True,
    # The sample asks a public STUN server, which two ends on one machine do not need.
    rtc_configuration={"iceServers": []},
    media_stream_constraints={
        "video": {"width": 640, "height": 480, "frameRate": {"ideal": FPS, "max": FPS}},
        "audio": False,
    },
)
