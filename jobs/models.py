"""Jobs: one uploaded file and one pipeline each, with everything that must survive a crash."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jobs.sources import PICTURE, VIDEO


class Job(models.Model):
    """One file to be worked through.

    Every change is a conditional UPDATE that adds 1 to `version`. While a worker has the job, `lease_owner`
    names that attempt, and `lease_expires_at` says until when it counts as alive.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Annotated(models.TextChoices):
        NONE = "none"
        PENDING = "pending"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    class SourceKind(models.TextChoices):
        VIDEO = VIDEO
        PICTURE = PICTURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    # The address, or IPv6 network, that its limits count; empty for this machine itself.
    submitted_from = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)

    # What is to be done. The definition is the pipeline's at submission: editing it later changes no job.
    pipeline_id = models.SlugField(max_length=64)
    pipeline_name = models.CharField(max_length=200)
    definition = models.JSONField()
    frame_stride = models.PositiveIntegerField(default=1)
    max_frames = models.PositiveIntegerField(null=True, blank=True)
    device_requested = models.CharField(max_length=16, default="auto")

    # The file: `source_name` is what the user called it, `source_file` a path of ours below the data folder.
    source_name = models.CharField(max_length=255)
    source_kind = models.CharField(max_length=16, choices=SourceKind.choices, default=SourceKind.VIDEO)
    source_file = models.CharField(max_length=255)
    source_bytes = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    fps = models.FloatField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)

    # How far it is. `frames_total` counts those that are to be worked on, None where the file does not tell.
    frames_total = models.PositiveIntegerField(null=True, blank=True)
    frames_done = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0.0)
    plugin_timings = models.JSONField(default=dict, blank=True)
    tools = models.JSONField(default=dict, blank=True)
    device_used = models.CharField(max_length=16, blank=True, default="")
    fallback = models.BooleanField(default=False)
    warnings = models.JSONField(default=list, blank=True)
    warnings_count = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_message = models.TextField(blank=True, default="")

    # Who works on it, and what has become of those before. `strikes` counts attempts that ended at the same
    # frame, `losses` workers that died since the last checkpoint, `lease_losses` all workers that died.
    attempt = models.PositiveIntegerField(default=0)
    strikes = models.PositiveIntegerField(default=0)
    suspect_frame = models.PositiveIntegerField(null=True, blank=True)
    losses = models.PositiveIntegerField(default=0)
    lease_losses = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=128, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    chunks_done = models.PositiveIntegerField(default=0)
    next_frame = models.PositiveIntegerField(default=1)
    delivery_id = models.CharField(max_length=64, blank=True, default="")
    delivered_at = models.DateTimeField(null=True, blank=True)

    # What it has on disk beside its file.
    result_bytes = models.PositiveBigIntegerField(default=0)
    annotated_bytes = models.PositiveBigIntegerField(default=0)

    annotated_status = models.CharField(max_length=16, choices=Annotated.choices, default=Annotated.NONE)
    annotated_progress = models.FloatField(default=0.0)
    annotated_error = models.TextField(blank=True, default="")

    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="jobs_newest_first"),
            models.Index(fields=["status", "lease_expires_at"], name="jobs_by_lease"),
            models.Index(fields=["pipeline_id", "-created_at"], name="jobs_by_pipeline"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "completed", "failed", "cancelled"]),
                name="jobs_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | ~Q(lease_owner=""), name="jobs_running_has_an_owner"
            ),
            models.CheckConstraint(
                condition=Q(annotated_status__in=["none", "pending", "running", "ready", "failed"]),
                name="jobs_annotated_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(annotated_status="running") | ~Q(lease_owner=""),
                name="jobs_drawing_has_an_owner",
            ),
            models.CheckConstraint(
                condition=Q(annotated_status="none") | Q(status__in=["completed", "failed", "cancelled"]),
                name="jobs_only_the_finished_are_drawn",
            ),
            models.CheckConstraint(
                condition=Q(lease_owner="") | Q(status="running") | Q(annotated_status="running"),
                name="jobs_owner_has_work",
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0) & Q(progress__lte=100), name="jobs_progress_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} ({self.status})"

    @property
    def is_finished(self) -> bool:
        """True if nothing more will happen unless somebody asks for it."""
        return self.status in FINISHED

    @property
    def source_path(self) -> Path:
        """The path of the file."""
        return Path(settings.PROJECT.data_dir) / self.source_file


class ResultChunk(models.Model):
    """Some lines of a job's results: the row is what makes the file count.

    It is written in the same transaction as the job's checkpoint, and the file's name holds the attempt, so
    an attempt that has lost the job can neither add a chunk nor change one.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    first_frame = models.PositiveIntegerField()
    last_frame = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    file = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("job_id", "number")
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="jobs_one_chunk_a_number"),
            models.CheckConstraint(
                condition=Q(last_frame__gte=F("first_frame")), name="jobs_chunk_is_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file} of {self.job_id}"


ACTIVE = (Job.Status.PENDING, Job.Status.RUNNING)
FINISHED = (Job.Status.COMPLETED, Job.Status.FAILED, Job.Status.CANCELLED)
