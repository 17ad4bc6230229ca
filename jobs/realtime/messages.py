"""The words of the realtime socket: one pydantic model for every message that a client may read.

Pure: no Django.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

JobData = dict[str, Any]


def now() -> datetime:
    """The time of a message."""
    return datetime.now(UTC)


class Payload(BaseModel):
    """The content of a message; `job_id` is empty where it is about the connection."""

    model_config = ConfigDict(frozen=True)

    job_id: str = ""

    def after(self, older: Self) -> Self:
        """This payload for a client that was not sent the older one: the newest says it all."""
        return self


class Snapshot(Payload):
    """A whole job, as the API gives it."""

    job: JobData


class Progress(Payload):
    """The progress of a job; `progress` in percent."""

    status: str
    progress: float
    frames_done: int
    frames_total: int | None
    annotated_status: str
    annotated_progress: float


class Frame(Payload):
    """The newest frame whose result is kept: one line of the results."""

    frame_index: int
    time_s: float | None
    result: dict[str, Any]


class PartialResult(Payload):
    """Results of these frames were added and can be fetched; both ends belong to it."""

    first_frame: int
    last_frame: int

    def after(self, older: Self) -> Self:
        """Both stretches."""
        return self.model_copy(
            update={
                "first_frame": min(self.first_frame, older.first_frame),
                "last_frame": max(self.last_frame, older.last_frame),
            }
        )


class PluginStatus(Payload):
    """The tools of the pipeline, and the time that each takes."""

    plugin_timings: dict[str, Any]
    tools: Any


class Warnings(Payload):
    """Problems that did not stop the job: the sentences that are new, and how many there are in all."""

    warnings: list[str]
    warnings_count: int

    def after(self, older: Self) -> Self:
        """The sentences of both."""
        return self.model_copy(update={"warnings": [*older.warnings, *self.warnings]})


class Metadata(Payload):
    """Facts of the source and the run that have become known."""

    facts: JobData


class Failure(Payload):
    """The reason why a job failed or this connection ends."""

    code: str
    detail: str


class Deleted(Payload):
    """The job is gone, and its files with it."""


class Ping(Payload):
    """Asks for a `pong`."""


Content = TypeVar("Content", bound=Payload)


class Envelope(BaseModel, Generic[Content]):
    """`type`, `payload` and `timestamp`."""

    model_config = ConfigDict(frozen=True)

    # The newest of this kind stands for all of its job that were said before, of whatever kind.
    is_snapshot: ClassVar[bool] = False
    # What a client that reads too slowly can do without.
    may_be_dropped: ClassVar[bool] = True

    type: str
    payload: Content
    timestamp: datetime = Field(default_factory=now)

    @property
    def job_id(self) -> str:
        """The job that this is about; empty where it is about the connection."""
        return self.payload.job_id

    def after(self, older: Self) -> Self:
        """This message, for a client that was not sent the older one of its kind and job."""
        return self.model_copy(update={"payload": self.payload.after(older.payload)})

    def in_brief(self) -> Self | None:
        """This message for a client that watches every job; None where it needs none."""
        return self


class SnapshotMessage(Envelope[Snapshot]):
    """On connecting, and whenever the state of a job changes."""

    is_snapshot = True
    may_be_dropped = False
    type: Literal["snapshot"] = "snapshot"

    def in_brief(self) -> Self:
        """The job without its summary, which may be long."""
        brief = {name: value for name, value in self.payload.job.items() if name != "summary"}
        return self.model_copy(update={"payload": self.payload.model_copy(update={"job": brief})})


class ProgressMessage(Envelope[Progress]):
    """While a job runs."""

    type: Literal["progress"] = "progress"


class FrameMessage(Envelope[Frame]):
    """While a job runs, for clients that watch this very job."""

    type: Literal["frame"] = "frame"

    def in_brief(self) -> None:
        """Nothing: a list of jobs has no room for it."""


class PartialResultMessage(Envelope[PartialResult]):
    """Sent when a chunk of results was stored."""

    type: Literal["partial_result"] = "partial_result"


class PluginStatusMessage(Envelope[PluginStatus]):
    """Sent when timings or versions changed."""

    type: Literal["plugin_status"] = "plugin_status"


class WarningMessage(Envelope[Warnings]):
    """Sent when something was wrong and the job goes on."""

    type: Literal["warning"] = "warning"


class MetadataMessage(Envelope[Metadata]):
    """Sent when facts of the source or the run have become known."""

    type: Literal["metadata"] = "metadata"


class ErrorMessage(Envelope[Failure]):
    """Sent when a job failed, or as the last message of a connection."""

    may_be_dropped = False
    type: Literal["error"] = "error"


class DeletedMessage(Envelope[Deleted]):
    """Sent when a job was deleted."""

    is_snapshot = True
    may_be_dropped = False
    type: Literal["deleted"] = "deleted"


class PingMessage(Envelope[Ping]):
    """Every 30 seconds; the client answers `{"type": "pong"}`."""

    type: Literal["ping"] = "ping"


AnyMessage = (
    SnapshotMessage
    | ProgressMessage
    | FrameMessage
    | PartialResultMessage
    | PluginStatusMessage
    | WarningMessage
    | MetadataMessage
    | ErrorMessage
    | DeletedMessage
    | PingMessage
)
Message = Envelope[Any]
MESSAGE: TypeAdapter[AnyMessage] = TypeAdapter(Annotated[AnyMessage, Field(discriminator="type")])


def encode(message: Message) -> str:
    """Compact JSON."""
    return message.model_dump_json()
