"""The drawings, read once from `templates/icons.svg`: name → `<symbol>`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def drawings() -> Mapping[str, str]:
    """Every icon's symbol by its name (`home`, `wallet`, …)."""
    file = resources.files("dashboards.frame").joinpath("templates", "icons.svg")
    found = re.findall(r'<symbol id="i-([a-z]+)".*?</symbol>', file.read_text("utf-8"))
    whole = re.findall(r"<symbol .*?</symbol>", file.read_text("utf-8"))
    return dict(zip(found, whole, strict=True))
