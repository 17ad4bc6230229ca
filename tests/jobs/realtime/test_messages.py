"""Every message of the realtime socket has a model, and says what it must."""

import json

import pytest
from pydantic import ValidationError

from jobs.realtime.messages import (
    MESSAGE,
    DeletedMessage,
    Frame,
    FrameMessage,
    Message,
    PartialResult,
    PartialResultMessage,
    Ping,
    PingMessage,
    Progress,
    ProgressMessage,
    Snapshot,
    SnapshotMessage,
    WarningMessage,
    Warnings,
    encode,
)


def progress(done: int) -> ProgressMessage:
    return ProgressMessage(
        payload=Progress(
            job_id="a",
            status="running",
            progress=done,
            frames_done=done,
            frames_total=100,
            annotated_status="none",
            annotated_progress=0,
        )
    )


def stretch(first: int, last: int) -> PartialResultMessage:
    return PartialResultMessage(payload=PartialResult(job_id="a", first_frame=first, last_frame=last))


def warning(*sentences: str, count: int) -> WarningMessage:
    return WarningMessage(payload=Warnings(job_id="a", warnings=list(sentences), warnings_count=count))


def test_a_message_is_type_payload_and_timestamp() -> None:
    read = json.loads(encode(progress(5)))
    assert set(read) == {"type", "payload", "timestamp"}
    assert read["type"] == "progress"
    assert read["payload"]["frames_done"] == 5
    assert read["timestamp"].endswith("Z")


def test_what_is_sent_can_be_read_again() -> None:
    for message in (progress(5), PingMessage(payload=Ping()), stretch(1, 9)):
        assert MESSAGE.validate_json(encode(message)) == message


@pytest.mark.parametrize("text", ['{"type": "news", "payload": {}}', '{"type": "progress", "payload": {}}'])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MESSAGE.validate_json(text)


def test_the_newest_progress_says_it_all() -> None:
    assert progress(9).after(progress(5)).payload.frames_done == 9


def test_stretches_become_one() -> None:
    assert stretch(10, 19).after(stretch(1, 9)).payload == stretch(1, 19).payload


def test_no_warning_is_lost() -> None:
    together = warning("second", count=2).after(warning("first", count=1))
    assert together.payload == warning("first", "second", count=2).payload


def test_a_list_hears_of_no_frame_and_reads_no_summary() -> None:
    payload = Frame(job_id="a", frame_index=3, time_s=0.1, result={"detections": []})
    frame: Message = FrameMessage(payload=payload)
    assert frame.in_brief() is None
    whole = SnapshotMessage(payload=Snapshot(job_id="a", job={"job_id": "a", "summary": {"labels": []}}))
    assert whole.in_brief().payload.job == {"job_id": "a"}
    assert "summary" in whole.payload.job
    told = progress(1)
    assert told.in_brief() is told


def test_ends_are_never_dropped() -> None:
    assert not SnapshotMessage.may_be_dropped
    assert not DeletedMessage.may_be_dropped
    assert ProgressMessage.may_be_dropped
