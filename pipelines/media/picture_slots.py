"""Limits how many single pictures are worked on at once: `/pipelines/{id}/run`, and the try-out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache

from django.conf import settings

from forgesyte.api.limits import LimitReached, Places, Quota
from pipelines.engine.scheduling.slot import Slot
from pipelines.engine.scheduling.slots import Slots

CODE = "too_many_pictures"
WAIT_AT_MOST_S = 60.0
RETRY_AFTER_S = 5

FULL = (
    "{at_once} pictures are worked on and {waiting} more wait, and this server takes no more "
    "(FORGESYTE_PICTURES_AT_ONCE, FORGESYTE_PICTURES_WAITING): try again in a moment"
)
NO_TURN = "The picture waited for {seconds:g} seconds and its turn did not come: try again later"


class PictureSlots:
    """Slots for pictures, handed out first come, first served; only so many may wait for one.

    Tasks of several event loops may wait.
    """

    def __init__(self, at_once: int, waiting: int, wait_at_most_s: float = WAIT_AT_MOST_S) -> None:
        self._full = FULL.format(at_once=at_once, waiting=waiting)
        self._quota = Quota(at_once + waiting)
        self._wait_at_most_s = wait_at_most_s
        self._slots = Slots(at_once)
        self._places = Places()

    @property
    def taken(self) -> int:
        """The number of pictures that are worked on or wait."""
        return len(self._places)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Slot]:
        """Wait for a slot and hold it for the body; raises LimitReached.

        Where the body leaves a future as the slot's `work`, the slot stays taken until that is done.
        """
        if self._places.take("", self._quota):
            raise LimitReached(CODE, self._full, RETRY_AFTER_S)
        slot: Slot | None = None
        try:
            async with AsyncExitStack() as held:
                slot = await self._turn(held)
                yield slot
        finally:
            if slot is None or slot.work is None:
                self._places.leave("")
            else:
                slot.work.add_done_callback(lambda _: self._places.leave(""))

    async def _turn(self, held: AsyncExitStack) -> Slot:
        try:
            async with asyncio.timeout(self._wait_at_most_s):
                return await held.enter_async_context(self._slots.acquire())
        except TimeoutError as error:
            detail = NO_TURN.format(seconds=self._wait_at_most_s)
            raise LimitReached(CODE, detail, RETRY_AFTER_S) from error


def picture_slots() -> PictureSlots:
    """The slots of this process, as many as the settings say."""
    return _slots(settings.PIPELINES.pictures_at_once, settings.PIPELINES.pictures_waiting)


@cache
def _slots(at_once: int, waiting: int) -> PictureSlots:
    return PictureSlots(at_once, waiting)
