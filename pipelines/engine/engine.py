"""The engine of one process: slots in which frames run, and the networks that all sessions share."""

import os
from contextlib import AbstractAsyncContextManager

from pipelines.engine.networks import NetworkCache
from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.overload_flag import OverloadFlag
from pipelines.engine.scheduling.slot import Slot
from pipelines.engine.scheduling.slot_tuner import SlotTuner
from pipelines.engine.scheduling.slots import Slots
from pipelines.engine.weights.store import WeightsStore

# More frames at once than a GPU takes in a batch would only grow old.
MOST_SLOTS = 16


class Engine:
    """Hands out the slots in which frames run, and keeps the networks and weights that tools open.

    `slots` 0 lets their number follow what is measured.
    """

    def __init__(
        self,
        *,
        slots: int,
        networks: NetworkCache,
        weights: WeightsStore,
        device: str,
        overload: OverloadFlag | None = None,
    ) -> None:
        self.networks = networks
        self.weights = weights
        self.device = device
        self.overload = overload or OverloadFlag()
        self._tuner = None if slots else SlotTuner(cores())
        self._slots = Slots(slots or MOST_SLOTS, self._tuner)
        # What is left over while a frame of the usual size has a slot.
        self._decoders = Slots(max(1, cores() // 2), background=True)

    @property
    def slots(self) -> int:
        """The number of frames that may run at once."""
        return self._slots.count

    @property
    def most_slots(self) -> int:
        """The most slots that there may come to be."""
        return self._tuner.limit if self._tuner else self._slots.count

    @property
    def busy(self) -> int:
        """The number of slots in use."""
        return self._slots.count - self._slots.free

    @property
    def waiting(self) -> int:
        """The number of sessions that wait for a slot."""
        return self._slots.waiting

    @property
    def lent(self) -> int:
        """The frames beside the slots, or beside the decoders where those are more; MOST_LENT at most."""
        return max(self._slots.lent, self._decoders.lent)

    def slot(self, usage: Usage | None = None) -> AbstractAsyncContextManager[Slot]:
        """Wait for a slot and hold it: `async with engine.slot() as slot: await slot.run(fn, ...)`.

        Who has used the least time is next; what a session has used is kept in `usage`.
        """
        return self._slots.acquire(usage)

    def decoder(self, usage: Usage | None = None) -> AbstractAsyncContextManager[Slot]:
        """Wait for one of the few places where large pictures are decoded, and hold it for the body.

        `usage` is another one than that of the slots.
        """
        return self._decoders.acquire(usage)

    def adapt_slots(self) -> None:
        """Allow as many slots as the loaded networks take frames at once, and never fewer than the cores."""
        if self._tuner:
            self._tuner.limit = max(cores(), min(self.networks.frames_at_once, MOST_SLOTS))

    def close(self) -> None:
        """Hand out no more slots and forget the networks; what runs now runs to its end."""
        self._slots.close()
        self._decoders.close()
        self.networks.clear()


def cores() -> int:
    """The number of slots that can share this machine's cores."""
    return min(os.cpu_count() or 1, MOST_SLOTS)
