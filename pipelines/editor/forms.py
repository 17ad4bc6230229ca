"""The admin's form for a pipeline."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from forgesyte.api import strict_json
from pipelines.media.picture_file import FORMATS
from pipelines.media.uploads import UploadRefused, read_picture
from pipelines.models import Pipeline
from pipelines.selectors import row_problems

# The types know of a parameter that the classes themselves do not have.
if TYPE_CHECKING:
    Base = forms.ModelForm[Pipeline]
else:
    Base = forms.ModelForm

DEFINITION_HELP = (
    "The graph as JSON. “Check” names every problem and draws the graph, “Try it” runs it on a picture; "
    "neither saves anything."
)


class IndentedEncoder(json.JSONEncoder):
    """Writes JSON as a person would like to read it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


class DefinitionField(forms.JSONField):
    """JSON in a wide field, which keeps what was typed and says where it stops being JSON."""

    widget = AdminTextareaWidget(
        attrs={"class": "vLargeTextField definition", "rows": 26, "spellcheck": "false"}
    )

    def to_python(self, value: Any) -> Any:
        """The value, or an error with the line where it breaks off."""
        try:
            strict_json.loads(value or "null")
        except strict_json.NotJson as error:
            raise ValidationError(f"This is not JSON: {error}", code="invalid") from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show again what was typed, as it was typed."""
        return InvalidJSONInput(data or "")


class PipelineForm(Base):
    """The definition, and a picture to try it on; `trying` means that nothing is to be saved."""

    trying = False
    definition = DefinitionField(encoder=IndentedEncoder, help_text=DEFINITION_HELP)
    picture = forms.FileField(required=False, help_text=f"One of {', '.join(FORMATS)}; it is not saved.")

    class Meta:
        model = Pipeline
        fields = ("enabled", "definition")

    def is_valid(self) -> bool:
        """Never, while trying: the admin shows a form again instead of saving it."""
        return super().is_valid() and not self.trying

    def clean_definition(self) -> Any:
        """The definition, or every problem of it at once."""
        self.instance.definition = self.cleaned_data["definition"]
        if problems := row_problems(self.instance):
            raise ValidationError(problems)
        return self.instance.definition

    def clean_picture(self) -> bytes | None:
        """The bytes of the picture; looked at only when it is needed."""
        file = self.cleaned_data.get("picture")
        if not file or not self.trying:
            return None
        try:
            return read_picture(file, settings.PIPELINES.max_picture_pixels)
        except UploadRefused as error:
            raise ValidationError(error.detail) from error
