"""Reading .po catalogues: pairs of msgid and msgstr, each in as many quoted pieces as it likes."""

import re

_ENTRY = re.compile(r'^msgid((?:\s*"(?:[^"\\]|\\.)*")+)\s*^msgstr((?:\s*"(?:[^"\\]|\\.)*")+)', re.M)
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


def read(text: str) -> dict[str, str]:
    """Message → translation, without the header and what has no translation yet. Comments, also
    commented-out entries, are passed over; plural and context forms are not among ours.
    """
    pairs = ((_joined(entry[1]), _joined(entry[2])) for entry in _ENTRY.finditer(text))
    return {message: words for message, words in pairs if message and words}


def _joined(quoted: str) -> str:
    raw = "".join(_PIECE.findall(quoted))
    return _ESCAPE.sub(lambda found: _MEANT.get(found[1], found[1]), raw) if "\\" in raw else raw
