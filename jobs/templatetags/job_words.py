"""The words of jobs as template filters."""

from datetime import datetime

from django import template

from jobs.pages import words

register = template.Library()

for _filter in (
    words.status_word,
    words.tone,
    words.file_size,
    words.clock_time,
    words.duration,
    words.grouped,
    words.frames_in_words,
    words.source_in_words,
):
    register.filter(_filter.__name__, _filter)


@register.filter
def moment(iso: str) -> datetime:
    """A time as the API writes it, for Django's own filters."""
    return datetime.fromisoformat(iso)
