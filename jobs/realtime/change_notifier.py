"""Tells web processes that a job has changed, and hears it there, where all share a channel layer.

Without one they find out by themselves: while anybody watches, they look many times a second.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from forgesyte.threads import daemon_thread
from jobs import events

logger = logging.getLogger(__name__)

GROUP = "jobs"
EVENT = {"type": "jobs.changed"}
# A layer that does not answer is left alone for so long; the web processes look anyway.
REST_S = 5.0


def has_shared_layer() -> bool:
    """True if other processes hear what is said on the channel layer."""
    layer = get_channel_layer()
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)


class ChangeNotifier:
    """Sends notices from a thread of its own, so that nobody waits for the layer; many at once become one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._due = threading.Event()

    def notify(self) -> None:
        """Have one sent soon; returns at once and never raises."""
        self._due.set()
        with self._lock:
            if self._thread is None:
                self._thread = daemon_thread("jobs-notifier", self._send_all)
                self._thread.start()

    def _send_all(self) -> None:
        send = async_to_sync(get_channel_layer().group_send)
        while True:
            self._due.wait()
            self._due.clear()
            try:
                send(GROUP, EVENT)
            except Exception as error:
                logger.warning(events.NUDGE_FAILED, extra={"fields": {"detail": str(error)}})
                time.sleep(REST_S)


_notifier = ChangeNotifier()


def notify_change(job_id: UUID | str) -> None:
    """Say that this job has changed; call it after the commit. Cheap, and never raises."""
    if has_shared_layer():
        _notifier.notify()


async def listen(heard: Callable[[], None]) -> None:
    """Call `heard` at every notice until cancelled; returns at once where nobody could send one."""
    if not has_shared_layer():
        return
    layer = get_channel_layer()
    while True:
        try:
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            heard()
            while True:
                await layer.receive(channel)
                heard()
        except Exception as error:
            logger.warning(events.NUDGES_NOT_HEARD, extra={"fields": {"detail": str(error)}})
            await asyncio.sleep(REST_S)
