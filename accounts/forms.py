"""The form for a new API key."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone

from accounts.callers import VIEW_SERVER, Caller
from accounts.models import Scope

ENDS = (("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "Until it is revoked"))


class KeyForm(forms.Form):
    """Asks for what a key is for, what it may do and until when."""

    name = forms.CharField(max_length=100, help_text="What it is for, so that you know it again.")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="May open"
    )
    days = forms.ChoiceField(choices=ENDS, required=False, initial="90", label="Valid for")

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Caller(owner).may(VIEW_SERVER):
            # The key would open no more than its owner may.
            self.fields["scopes"].choices = [c for c in Scope.choices if c[0] != Scope.METRICS]  # type: ignore[attr-defined]

    def expires_at(self) -> datetime | None:
        """The end that was chosen; None for none."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
