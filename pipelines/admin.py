"""The admin's pages for pipelines: edit, check, try on a picture, enable, restore."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, get_script_prefix, path
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from pipelines.defaults import default_definitions
from pipelines.defaults.restore import Outcome, restore
from pipelines.editor.drawing import graph_svg
from pipelines.editor.forms import PipelineForm
from pipelines.editor.trial import PictureShelf, Trial, try_definition
from pipelines.graph.definition import parse, read
from pipelines.models import Pipeline
from pipelines.selectors import problems_of, state_of, tool_reference
from pipelines.services import store

admin.site.site_header = "ForgeSyte"
# "View site" leads to the first page, also below a path prefix.
admin.site.site_url = lazy(get_script_prefix, str)()
admin.site.site_title = "ForgeSyte"
admin.site.index_title = "Administration"

# The types know of a parameter that the classes themselves do not have.
if TYPE_CHECKING:
    Base = admin.ModelAdmin[Pipeline]
    Form = forms.ModelForm[Pipeline]
else:
    Base = admin.ModelAdmin

CHECK, TRY = "_check", "_try"
NODE_OF = re.compile(r"nodes\[([^\]]+)\]")
NO_PICTURE = "Choose a picture to try the pipeline on."


@admin.register(Pipeline)
class PipelineAdmin(Base):
    """Pipelines as validated JSON."""

    form = PipelineForm
    list_display = ("pipeline_id", "name", "enabled", "valid", "state", "steps", "updated_at", "updated_by")
    search_fields = ("pipeline_id", "name", "description")
    actions = ("enable", "disable", "restore_shipped")
    fieldsets = (
        (None, {"fields": ("enabled", "definition", "graph", "changed")}),
        ("Try it before saving", {"fields": ("picture",)}),
    )
    readonly_fields = ("graph", "changed")
    save_as = True
    save_on_top = False

    # The list

    @admin.display(boolean=True)
    def valid(self, row: Pipeline) -> bool:
        """True if the stored definition passes validation."""
        return state_of(row).valid

    @admin.display(description="can it run?")
    def state(self, row: Pipeline) -> str:
        """Say why it cannot run now, or Yes."""
        return state_of(row).reason or "Yes"

    @admin.display
    def steps(self, row: Pipeline) -> str:
        """The tools in it."""
        nodes = read(row.definition).definition.nodes
        return ", ".join(f"{node.plugin_id}.{node.tool_id}" for node in nodes)

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, rows: QuerySet[Pipeline]) -> None:
        """Offer pipelines to clients; only valid ones."""
        for row in rows:
            if problems_of(row.definition):
                self.message_user(request, f"“{row.pk}” is not valid and stays as it is.", messages.ERROR)
                rows = rows.exclude(pk=row.pk)
        self._switch(request, rows, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, rows: QuerySet[Pipeline]) -> None:
        """Offer pipelines to nobody; sessions that run go on."""
        self._switch(request, rows, enabled=False)

    def _switch(self, request: HttpRequest, rows: QuerySet[Pipeline], *, enabled: bool) -> None:
        done = "Enabled" if enabled else "Disabled"
        for row in rows:
            self.log_change(request, row, f"{done}.")
        count = rows.update(enabled=enabled, updated_at=timezone.now(), updated_by=changer(request))
        if count:
            self.message_user(request, f"{done}: {count}")

    @admin.action(description="Put back as shipped", permissions=["change"])
    def restore_shipped(self, request: HttpRequest, rows: QuerySet[Pipeline]) -> None:
        """Undo all edits of pipelines that come with ForgeSyte."""
        defaults = default_definitions()
        for row in rows:
            if row.pk in defaults:
                outcome = restore(defaults[row.pk], overwrite=True, by=changer(request))
                self.log_change(request, row, f"The shipped pipeline: {outcome.value}.")
                self.message_user(request, f"“{row.pk}”: {outcome.value}")
            else:
                self.message_user(request, f"“{row.pk}” did not come with ForgeSyte.", messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and the button that brings missing pipelines back."""
        view = self.admin_site.admin_view(require_POST(self.add_missing))
        return [path("add-missing/", view, name="pipelines_pipeline_add_missing"), *super().get_urls()]

    def add_missing(self, request: HttpRequest) -> HttpResponse:
        """Add the shipped pipelines that are not stored; the others stay as they are."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = changer(request)
        outcomes = {name: restore(d, overwrite=False, by=by) for name, d in default_definitions().items()}
        added = [name for name, outcome in outcomes.items() if outcome is Outcome.ADDED]
        self.message_user(request, f"Added: {', '.join(added)}" if added else "None is missing.")
        return redirect("admin:pipelines_pipeline_changelist")

    # The form

    @admin.display(description="Graph")
    def graph(self, row: Pipeline) -> str:
        """The definition as a drawing, with the steps marked that have problems."""
        places = [NODE_OF.match(problem.where) for problem in problems_of(row.definition)]
        svg = graph_svg(read(row.definition).definition, {place[1] for place in places if place})
        # Made by an XML writer, which escapes what it is given.
        return mark_safe(svg) if svg else "Nothing to draw yet."

    @admin.display(description="Last changed")
    def changed(self, row: Pipeline) -> str:
        """When, and by whom; the page's history lists all changes."""
        if row._state.adding:
            return "-"
        return f"{row.updated_at:%-d %b %Y, %H:%M} UTC, by {row.updated_by or 'a command of the server'}"

    def get_form(
        self, request: HttpRequest, obj: Pipeline | None = None, change: bool = False, **kwargs: Any
    ) -> "type[Form]":
        """The form; one that saves nothing while trying."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("TrialForm", (form,), {"trying": True}) if is_trial(request) else form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new pipeline begins as a copy of a simple one."""
        example = {**default_definitions()["ocr_only"], "id": "my_pipeline", "name": "My pipeline"}
        return {"definition": example, **super().get_changeform_initial_data(request)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one pipeline; a trial takes its time, so it runs when the transaction is over."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if TRY in request.POST and isinstance(response, TemplateResponse):
            context = response.context_data or {}
            if context.get("checked"):
                context["trial"] = self._trial(request, context["adminform"].form)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with what came of a check or a trial, and what is wrong with what is stored."""
        form = context["adminform"].form
        original = context.get("original")
        if is_trial(request) and not form.errors:
            context["checked"] = True
        elif original is not None and not form.is_bound:
            context["stored_problems"] = problems_of(original.definition)
        context["tools"] = tool_reference()
        return super().render_change_form(request, context, *args, **kwargs)

    def _trial(self, request: HttpRequest, form: PipelineForm) -> Trial:
        shelf, user_id = PictureShelf(), request.user.pk
        image_bytes = form.cleaned_data["picture"] or shelf.kept(user_id)
        definition, _ = parse(form.cleaned_data["definition"])
        if image_bytes is None or definition is None:
            return Trial(error=NO_PICTURE)
        shelf.keep(user_id, image_bytes)
        return try_definition(definition, image_bytes)

    def save_model(self, request: HttpRequest, obj: Pipeline, form: Any, change: bool) -> None:
        """Store the row, with who did so; a new one never takes the place of another."""
        obj.updated_by = changer(request)
        store(obj)


def changer(request: HttpRequest) -> User:
    """The operator who changes something; nobody else comes here."""
    assert isinstance(request.user, User)
    return request.user


def is_trial(request: HttpRequest) -> bool:
    """True if one of the buttons that save nothing was pressed."""
    return request.method == "POST" and (CHECK in request.POST or TRY in request.POST)
