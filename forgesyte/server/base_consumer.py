"""The lifecycle that all WebSocket consumers share."""

import asyncio
from contextlib import suppress
from typing import Any, Generic, TypeVar

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

E = TypeVar("E", bound=Exception)


class BaseConsumer(AsyncWebsocketConsumer, Generic[E]):  # type: ignore[misc]  # Channels has no types
    """One connection, which ends in a close by the client, an error of type `E`, or a cancellation.

    What the connection owns lives in the task group around it, for `disconnect` is not called when a handler
    raises or the task is cancelled. Tasks of the connection are added with `run_beside`; they are cancelled
    when the client closes. `release` is always called, and last.
    """

    error_type: type[E]
    channel_layer_alias = ""

    _tasks: asyncio.TaskGroup

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[asyncio.Task[None]] = []
        self._accepted = False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one connection, from its handshake to its end."""
        self.scope, self.base_send = scope, send
        self.prepare()
        try:
            await self._serve(receive)
        except asyncio.CancelledError:
            # The web server cancels its connections when it stops.
            if self._accepted:
                await self.say_goodbye(self.shutdown_error())
            raise
        except ExceptionGroup as group:
            await self.say_goodbye(self._reason(group))
        finally:
            await self.release()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one message as Channels does, but without a visit to a thread: no database is in use."""
        await getattr(self, get_handler_name(message))(message)

    async def accept_at_most(self, *, text: int, binary: int) -> None:
        """Accept the connection, and messages of at most so many bytes."""
        if take_at_most := self.scope.get("take_at_most"):
            take_at_most(text=text, binary=binary)
        await self.accept()
        self._accepted = True

    def run_beside(self, *works: Any) -> None:
        """Run these coroutines until the client closes; an error of one ends the connection."""
        self._beside += [self._tasks.create_task(work) for work in works]

    async def disconnect(self, code: int) -> None:
        """End the connection after the client has closed it."""
        raise StopConsumer

    def prepare(self) -> None:
        """Create what the connection needs; `scope` is known, and nothing is accepted yet."""

    async def release(self) -> None:
        """Give back what the connection has taken."""
        raise NotImplementedError

    async def say_goodbye(self, error: E) -> None:
        """Tell the client why the connection ends, and close it."""
        raise NotImplementedError

    def shutdown_error(self) -> E:
        """The error for clients of a server that stops."""
        raise NotImplementedError

    def unexpected_error(self, cause: Exception) -> E:
        """The error for clients after a failure that has no error of its own."""
        raise NotImplementedError

    async def _serve(self, receive: Any) -> None:
        async with asyncio.TaskGroup() as self._tasks:
            # Channels' own loop would start a task for each message.
            with suppress(StopConsumer):
                while True:
                    await self.dispatch(await receive())
            for task in self._beside:
                task.cancel()

    def _reason(self, group: ExceptionGroup[Exception]) -> E:
        expected = (error for error in group.exceptions if isinstance(error, self.error_type))
        return next(expected, None) or self.unexpected_error(group.exceptions[0])
