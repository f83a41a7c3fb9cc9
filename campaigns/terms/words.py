"""Explanations in words: a message with the messages inside it, in one language."""

from collections.abc import Sequence
from typing import Any

from campaigns.terms.explain import Message
from jejaring.kit.periods import DEFAULT_ZONE
from jejaring.web import language


def words(lang: str, message: Message, zone: str = DEFAULT_ZONE) -> str:
    """The message in the language; a tuple in it reads as alternatives, or, of phrases, as a row.

    Month and clock values are shown in the zone.
    """
    values = {name: _worded(lang, value, zone, name) for name, value in message.values.items()}
    return language.say(lang, message.id, zone, **values)


def paragraph(lang: str, messages: Sequence[Message], zone: str = DEFAULT_ZONE) -> list[str]:
    """Each message as a sentence."""
    return [words(lang, message, zone) for message in messages]


def _worded(lang: str, value: Any, zone: str, name: str) -> Any:
    if isinstance(value, Message):
        return words(lang, value, zone)
    if isinstance(value, tuple):
        parts = [words(lang, v, zone) if isinstance(v, Message) else str(v) for v in value]
        return _joined(lang, parts) if name == "values" else ", ".join(parts)
    return value


def _joined(lang: str, parts: Sequence[str]) -> str:
    """`a`, `a atau b`, `a, b atau c`."""
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {language.say(lang, 'explain.or')} {parts[-1]}"
