"""Typed values from a mapping of environment variables; a bad value names the variable and the remedy."""

from collections.abc import Mapping

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


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
    env: Mapping[str, str], name: str, default: float, *, at_least: float = 0.0, at_most: float = float("inf")
) -> float:
    """A number within bounds."""
    value = text(env, name, str(default))
    try:
        parsed = float(value)
    except ValueError:
        raise BadSetting(f"{name}={value!r} is not a number") from None
    if not at_least <= parsed <= at_most:
        bounds = f"at least {at_least:g}" if at_most == float("inf") else f"from {at_least:g} to {at_most:g}"
        raise BadSetting(f"{name}={value} is out of range: it must be {bounds}")
    return parsed


def integer(
    env: Mapping[str, str], name: str, default: int, *, at_least: int = 0, at_most: float = float("inf")
) -> int:
    """A whole number within bounds."""
    parsed = number(env, name, default, at_least=at_least, at_most=at_most)
    if parsed != int(parsed):
        raise BadSetting(f"{name}={parsed:g} is not a whole number")
    return int(parsed)


def words(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    """A comma-separated list without blanks."""
    return tuple(word.strip() for word in text(env, name, default).split(",") if word.strip())
