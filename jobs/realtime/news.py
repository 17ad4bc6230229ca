"""Makes the messages about a job that has changed.

Pure: jobs come as the API gives them, before and after.
"""

from collections.abc import Iterator

from jobs.realtime.messages import (
    ErrorMessage,
    Failure,
    JobData,
    Message,
    Metadata,
    MetadataMessage,
    PartialResult,
    PartialResultMessage,
    PluginStatus,
    PluginStatusMessage,
    Progress,
    ProgressMessage,
    Snapshot,
    SnapshotMessage,
    WarningMessage,
    Warnings,
)

PROGRESS = ("status", "progress", "frames_done", "frames_total", "annotated_status", "annotated_progress")
PLUGINS = ("plugin_timings", "tools")
# Facts that come to be known when a job is claimed, or change when its next attempt is.
FACTS = (
    "device_requested", "device_used", "fallback", "width", "height", "fps", "duration_s", "attempt",
    "started_at",
)  # fmt: skip


def snapshot(job: JobData) -> SnapshotMessage:
    """The snapshot of a job: everything that clients are told about it."""
    return SnapshotMessage(payload=Snapshot(job_id=job["job_id"], job=job))


def news(before: JobData | None, after: JobData) -> Iterator[Message]:
    """The messages for clients that know the job as it was before; a new job or state is told as a whole."""
    job_id = after["job_id"]
    if before is None:
        yield snapshot(after)
        return
    yield from added_results(before, after)
    if before["status"] != after["status"]:
        yield snapshot(after)
        if after["status"] == "failed":
            failure = Failure(
                job_id=job_id, code=after["error_code"] or "failed", detail=after["error_message"]
            )
            yield ErrorMessage(payload=failure)
        return
    if facts := differing(before, after, FACTS):
        yield MetadataMessage(payload=Metadata(job_id=job_id, facts=facts))
    if differing(before, after, PROGRESS):
        yield ProgressMessage(payload=Progress(job_id=job_id, **{name: after[name] for name in PROGRESS}))
    if differing(before, after, PLUGINS):
        plugins = {name: after[name] for name in PLUGINS}
        yield PluginStatusMessage(payload=PluginStatus(job_id=job_id, **plugins))
    if after["warnings_count"] > before["warnings_count"]:
        new = after["warnings"][len(before["warnings"]) :]
        warnings = Warnings(job_id=job_id, warnings=new, warnings_count=after["warnings_count"])
        yield WarningMessage(payload=warnings)


def added_results(before: JobData, after: JobData) -> Iterator[Message]:
    """The stretch of frames whose results were stored; an attempt never takes results back."""
    first, end = before["next_frame"], after["next_frame"]
    if end > first:
        stretch = PartialResult(job_id=after["job_id"], first_frame=first, last_frame=end - 1)
        yield PartialResultMessage(payload=stretch)


def differing(before: JobData, after: JobData, names: tuple[str, ...]) -> JobData:
    """The fields among these that changed, as they are now."""
    return {name: after[name] for name in names if before[name] != after[name]}
