"""The admin's pages for jobs: look, cancel, try again, delete; nothing is edited by hand."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.callers import caller_for
from forgesyte.api.limits import LimitReached
from jobs import services
from jobs.models import Job

# The types know of a parameter that the class itself does not have.
if TYPE_CHECKING:
    Base = admin.ModelAdmin[Job]
else:
    Base = admin.ModelAdmin


@admin.register(Job)
class JobAdmin(Base):
    """Jobs as they are."""

    list_display = (
        *("source_name", "pipeline_id", "status", "how_far", "ms_per_frame", "device_used", "attempt"),
        *("created_at", "finished_at"),
    )
    list_filter = ("status", "pipeline_id", "source_kind", "device_used", "annotated_status", "created_at")
    search_fields = ("id", "source_name", "pipeline_id", "pipeline_name", "error_message")
    date_hierarchy = "created_at"
    list_per_page = 50
    actions = ("cancel", "retry")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "page",
                    "status",
                    "how_far",
                    "error_code",
                    "error_message",
                    "owner",
                    "submitted_from",
                )
            },
        ),
        (
            "The file",
            {
                "fields": (
                    *("source_name", "source_kind", "source_file", "source_bytes", "result_bytes"),
                    *("width", "height", "fps", "duration_s"),
                )
            },
        ),
        (
            "What is done with it",
            {
                "fields": (
                    *("pipeline_id", "pipeline_name", "frame_stride", "max_frames", "graph"),
                    *("device_requested", "device_used", "fallback"),
                )
            },
        ),
        (
            "How it ran",
            {
                "fields": (
                    *("timings", "tools", "all_warnings", "summary"),
                    *("created_at", "started_at", "finished_at", "updated_at"),
                )
            },
        ),
        (
            "Who has it",
            {
                "fields": (
                    *("attempt", "strikes", "lease_losses", "lease_owner", "lease_expires_at"),
                    *("heartbeat_at", "chunks_done", "next_frame"),
                )
            },
        ),
        ("The annotated video", {"fields": ("annotated_status", "annotated_progress", "annotated_error")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A job begins with an upload, not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Every change is one of the actions; those who may change jobs may take them."""
        return obj is None and super().has_change_permission(request, obj)

    # What is shown

    @admin.display(description="progress", ordering="progress")
    def how_far(self, job: Job) -> str:
        """Percent and frames."""
        total = "?" if job.frames_total is None else f"{job.frames_total:,}"
        return f"{job.progress:.0f} % ({job.frames_done:,} of {total} frames)"

    @admin.display(description="ms a frame")
    def ms_per_frame(self, job: Job) -> str:
        """The average time that all tools together take for a frame."""
        spent = sum(node["total_ms"] for node in job.plugin_timings.values())
        return f"{spent / job.frames_done:.1f}" if job.frames_done and spent else "-"

    @admin.display(description="Page")
    def page(self, job: Job) -> SafeString:
        """A link to the job's page."""
        address = reverse("jobs:viewer", args=[job.pk])
        return format_html('<a href="{}">{}</a>', address, address)

    @admin.display(description="Timings")
    def timings(self, job: Job) -> SafeString | str:
        """The time that each step takes."""
        rows = [
            (name, node["tool"], node["runs"], f"{node['mean_ms']:.1f}", f"{node['max_ms']:.1f}")
            for name, node in job.plugin_timings.items()
        ]
        line = "<div>{} ({}): {} runs, {} ms on average, {} ms at most</div>"
        return format_html_join("", line, rows) or "-"

    @admin.display(description="Graph")
    def graph(self, job: Job) -> SafeString:
        """The pipeline as it was when the job was submitted."""
        return format_html("<pre>{}</pre>", json.dumps(job.definition, indent=2, ensure_ascii=False))

    @admin.display(description="Warnings")
    def all_warnings(self, job: Job) -> SafeString | str:
        """The problems that did not stop it."""
        is_more = job.warnings_count > len(job.warnings)
        said = [*job.warnings, *([f"{job.warnings_count:,} in all"] if is_more else [])]
        return format_html_join("", "<div>{}</div>", ((sentence,) for sentence in said)) or "-"

    # What can be done

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Stop jobs that wait or run."""
        caller = caller_for(request.user)
        outcomes = [(job, services.cancel_job(job_id=job.pk, caller=caller)) for job in jobs]
        self._tell(request, "Cancelled", "neither waits nor runs", outcomes)

    @admin.action(description="Try again", permissions=["change"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Resume failed and cancelled jobs where they stopped."""
        caller = caller_for(request.user)
        outcomes: list[tuple[Job, bool]] = []
        try:
            outcomes.extend((job, services.retry_job(job_id=job.pk, caller=caller)) for job in jobs)
        except LimitReached as error:
            self.message_user(request, f"{error.detail}.", messages.WARNING)
        self._tell(request, "Waiting again", "has neither failed nor been cancelled", outcomes)

    def _tell(self, request: HttpRequest, done: str, why_not: str, outcomes: list[tuple[Job, bool]]) -> None:
        count = sum(won for _, won in outcomes)
        if count:
            self.message_user(request, f"{done}: {count}")
        for job in (job for job, won in outcomes if not won):
            self.message_user(request, f"“{job.source_name}” {why_not}.", messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        """Delete a job with its files."""
        services.delete_job(job_id=obj.pk, caller=caller_for(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Delete jobs with their files."""
        caller = caller_for(request.user)
        for job_id in queryset.values_list("pk", flat=True):
            services.delete_job(job_id=job_id, caller=caller)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List what is deleted along with jobs; nobody needs a permission to delete their chunks."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected
