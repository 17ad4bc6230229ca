"""Hypothesis strategies over the corpus: a failing example is one seed, which makes it again."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from tests.hostile.corpus.bodies import definition, form
from tests.hostile.corpus.files import file_head, picture_head
from tests.hostile.corpus.frames import broken_frame
from tests.hostile.corpus.messages import broken_json

T = TypeVar("T")


def made_by(maker: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """A strategy of all that a maker of the corpus makes, of any seed."""
    return st.integers(0, 2**32).map(lambda seed: maker(Random(seed)))


frames = made_by(broken_frame)
messages = made_by(broken_json)
definitions = made_by(definition)
forms = made_by(form)
file_heads = made_by(file_head)
picture_heads = made_by(picture_head)
