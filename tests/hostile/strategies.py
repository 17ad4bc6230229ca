"""Hypothesis strategies over the corpus: a failing example is one seed, which makes it again."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from tests.hostile import corpus

T = TypeVar("T")


def made_by(maker: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """What a maker of the corpus makes, of any seed."""
    return st.integers(0, 2**32).map(lambda seed: maker(Random(seed)))


frames = made_by(corpus.broken_frame)
messages = made_by(corpus.broken_json)
definitions = made_by(corpus.definition)
forms = made_by(corpus.form)
file_heads = made_by(corpus.file_head)
picture_heads = made_by(corpus.picture_head)
