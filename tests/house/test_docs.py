"""Documents and wordings keep up with the code: settings, events, codes, both languages."""

import re
import string
from collections.abc import Iterator
from functools import lru_cache

from babel.messages.extract import extract
from babel.messages.pofile import read_po

from jejaring.hooks.events import EVENTS
from jejaring.settings import Settings
from tests.house.survey import ROOT, Source, calls, constant, sources, templates

LOCALE = ROOT / "src" / "jejaring" / "locale"
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
# What makes a message → where its code is among the arguments, and the family of its id.
PLACES = {
    "Refusal": (0, "problem."), "Unauthenticated": (0, "problem."), "Forbidden": (0, "problem."),
    "NotFound": (0, "problem."), "Conflict": (0, "problem."), "Invalid": (0, "problem."),
    "Invalid.at": (1, "problem."), "TooMany": (1, "problem."), "BadField": (1, "problem."),
    "PydanticCustomError": (0, "problem.field."), "go": (1, "flash."), "Message": (0, ""),
    "say": (1, ""),
}  # fmt: skip


@lru_cache
def _messages(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted((LOCALE / language).glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source):
                if message.id and isinstance(message.string, str) and message.string:
                    found[str(message.id)] = message.string
    return found


def _codes(language: str) -> set[str]:
    return {m for m in _messages(language) if CODE.fullmatch(m)}


def _raised(source: Source) -> Iterator[str]:
    """The message ids of the errors that a file makes."""
    for name, call in calls(source.tree):
        short = name.removeprefix("errors.").removeprefix("pages.").removeprefix("language.")
        place, prefix = PLACES.get(short, (None, ""))
        code = constant(call, place, "code") if place is not None else None
        if code is not None:
            yield prefix + code


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    names = {str(f.validation_alias) for f in Settings.model_fields.values()}
    assert [n for n in sorted(names) if f"`{n}`" not in page] == []
    mentioned = set(re.findall(r"`(JEJARING_[A-Z0-9_]+)`", page))
    assert mentioned <= names, "documents a setting that there is not"


def test_every_event_is_documented() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    assert [e for e in EVENTS if f"`{e}`" not in page] == []
    families = {e.partition(".")[0] for e in EVENTS}
    named = {m for m in re.findall(r"`([a-z_]+\.[a-z_]+)`", page) if m.split(".")[0] in families}
    assert named <= set(EVENTS), "documents an event that there is not"


def test_every_published_event_is_on_the_list() -> None:
    strange = [
        f"{s.name}: {event}"
        for s in sources()
        for name, call in calls(s.tree)
        if name.rpartition(".")[2] in ("publish", "draft") and "publish" in name
        if (event := constant(call, 0, "name")) is not None and event not in EVENTS
    ]
    assert strange == []


def test_every_code_that_is_raised_has_words_in_both_languages() -> None:
    for language in ("id", "en"):
        known = _messages(language)
        silent = {f"{s.name}: {c}" for s in sources() for c in _raised(s) if c not in known}
        assert sorted(silent) == [], language


def test_both_languages_have_the_same_messages() -> None:
    assert sorted(_codes("id") - _codes("en")) == [], "missing in English"
    assert sorted(_codes("en") - _codes("id")) == [], "missing in Indonesian"


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_of_a_message_take_the_same_values() -> None:
    ours, theirs = _messages("id"), _messages("en")
    differ = [m for m in _codes("id") & _codes("en") if _values(ours[m]) != _values(theirs[m])]
    assert sorted(differ) == []


def test_every_value_is_shown_in_a_way_that_there_is() -> None:
    ways = {"", "rp", "pct", "num", "day", "clock", "weekday", "s", None}
    for language in ("id", "en"):
        odd = [
            code
            for code, text in _messages(language).items()
            if CODE.fullmatch(code)
            and any(
                n and w not in ways and (w or "").count("|") != 1
                for _, n, w, _ in string.Formatter().parse(text)
            )
        ]
        assert odd == [], language


def test_no_message_is_worded_twice() -> None:
    """Catalogues are merged: a second wording in another room's file would win or lose by name."""
    for language in ("id", "en"):
        seen: dict[str, tuple[str, str]] = {}
        twice = []
        for file in sorted((LOCALE / language).glob("*.po")):
            with file.open("rb") as source:
                for message in read_po(source):
                    told = (file.name, str(message.string))
                    if message.id and seen.setdefault(str(message.id), told)[1] != told[1]:
                        twice.append(f"{message.id}: {seen[str(message.id)][0]}, {file.name}")
        assert twice == [], language


def _texts() -> Iterator[tuple[str, str]]:
    """Every `_("…")` and `{% trans %}` of the templates, with where it is."""
    for path in templates():
        with path.open("rb") as source:
            found = extract("jinja2.ext:babel_extract", source, options={"newstyle": "true"})
            for _, message, _, _ in found:
                for text in message if isinstance(message, tuple) else (message,):
                    if text:
                        yield path.name, text


def test_every_text_of_a_template_is_translated() -> None:
    known = _messages("en")
    missing = {f"{where}: {text}" for where, text in _texts() if text not in known}
    assert sorted(missing) == []


def test_every_translation_keeps_its_placeholders() -> None:
    known = _messages("en")
    place = re.compile(r"%\(\w+\)s")
    lost = [
        text
        for _, text in _texts()
        if text in known and sorted(place.findall(text)) != sorted(place.findall(known[text]))
    ]
    assert lost == []


def test_every_code_that_a_template_says_has_words() -> None:
    said = re.compile(r"""\bsay\(\s*["']([\w.]+)["']\s*[,)]""")
    for language in ("id", "en"):
        known = _messages(language)
        silent = {
            f"{path.name}: {code}"
            for path in templates()
            for code in said.findall(path.read_text())
            if code not in known
        }
        assert sorted(silent) == [], language


def test_no_sentence_is_written_in_code() -> None:
    """Errors carry codes: their words live in the catalogues."""
    prose = [
        f"{s.name}: {code}"
        for s in sources()
        for code in _raised(s)
        if " " in code or code != code.lower()
    ]
    assert prose == []
