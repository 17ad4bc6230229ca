"""With REDIS_URL the channel layer is a real Redis."""

import os
import subprocess
import sys
from pathlib import Path

from tests.demo_runner import ROOT

SEND_AND_RECEIVE = """
import asyncio
from channels.layers import get_channel_layer

async def main():
    layer = get_channel_layer()
    await layer.group_add("everyone", "me")
    await layer.group_send("everyone", {"type": "greeting", "text": "hello"})
    message = await asyncio.wait_for(layer.receive("me"), 10)
    print(type(layer).__name__, message["text"])

asyncio.run(main())
"""


def test_messages_travel_through_redis(redis_socket: Path, tmp_path: Path) -> None:
    env = os.environ | {"REDIS_URL": f"unix://{redis_socket}", "FORGESYTE_DATA_DIR": str(tmp_path / "data")}
    env["DJANGO_SETTINGS_MODULE"] = "forgesyte.settings"
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{SEND_AND_RECEIVE}"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["RedisChannelLayer", "hello"], done.stderr
