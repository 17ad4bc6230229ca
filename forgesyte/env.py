"""Typed values from a mapping of environment variables; a bad value names the variable and the remedy."""

import re
from collections.abc import Mapping

from forgesyte.units import MEGABYTE

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Of seconds that is thirty years, of megabytes a petabyte; no clock waits for much longer.
MOST = 1e9
MAX_SHOWN = 40


class BadSetting(Exception):
    """An environment variable holds a value that cannot be used; the message is one line for the operator."""


def text(env: Mapping[str, str], name: str, default: str) -> str:
    """The variable without surrounding blanks, or `default` where it is unset or blank."""
    return env.get(name, "").strip() or default


def choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, in any case of letters."""
    value = text(env, name, default).lower()
    if value not in allowed:
        raise BadSetting(f"{name}={value!r} is not one of {', '.join(allowed)}")
    return value


def boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off."""
    value = text(env, name, str(default)).lower()
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    raise BadSetting(f"{name}={value!r} is neither true nor false: use 1 or 0")


def number(
    env: Mapping[str, str], name: str, default: float, *, at_least: float = 0.0, at_most: float = MOST
) -> float:
    """A number within bounds, written in plain digits."""
    value = text(env, name, str(default))
    if not NUMBER.fullmatch(value):
        raise BadSetting(f"{name}={shortened(value)!r} is not a number")
    parsed = float(value)
    if not at_least <= parsed <= at_most:
        bounds = f"at least {at_least:g}" if at_most == MOST else f"from {at_least:g} to {at_most:g}"
        if at_most == MOST and parsed > MOST:
            bounds = f"at most {MOST:g}"
        raise BadSetting(f"{name}={shortened(value)} is out of range: it must be {bounds}")
    return parsed


def shortened(value: str) -> str:
    """A value as it fits into a line."""
    return value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}..."


def integer(
    env: Mapping[str, str], name: str, default: int, *, at_least: int = 0, at_most: float = MOST
) -> int:
    """A whole number within bounds."""
    parsed = number(env, name, default, at_least=at_least, at_most=at_most)
    if parsed != int(parsed):
        raise BadSetting(f"{name}={parsed:g} is not a whole number")
    return int(parsed)


def limit(env: Mapping[str, str], name: str, default: int | None) -> int | None:
    """A whole number of at least 1; 0 is no limit, which is None."""
    return integer(env, name, default or 0) or None


def megabytes(
    env: Mapping[str, str], name: str, default_bytes: int, *, at_least: float = 0.0, at_most: float = MOST
) -> int:
    """Bytes, which the variable gives in MB; so are the bounds."""
    return int(number(env, name, default_bytes / MEGABYTE, at_least=at_least, at_most=at_most) * MEGABYTE)


def words(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    """A comma-separated list without blanks."""
    return tuple(word.strip() for word in text(env, name, default).split(",") if word.strip())
