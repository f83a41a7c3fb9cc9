"""The house as files: what the house tests walk through. Nothing is imported, only read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINGS = {
    "jejaring": ROOT / "src" / "jejaring",
    "campaigns": ROOT / "campaigns",
    "referrals": ROOT / "referrals",
    "dashboards": ROOT / "dashboards",
}
GENERATED = "migrations"


@dataclass(frozen=True)
class Source:
    """One Python file of a wing."""

    path: Path

    @property
    def name(self) -> str:
        """`referrals/links/create.py`, or `src/jejaring/main.py`."""
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        """`jejaring.db`, `referrals.links`; a wing's own files have the wing's name."""
        for wing, folder in WINGS.items():
            if self.path.is_relative_to(folder):
                parts = self.path.relative_to(folder).parts[:-1]
                return ".".join((wing, *parts))
        raise LookupError(self.name)

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path, self.path.stat().st_mtime_ns)


@lru_cache(maxsize=2000)
def _parsed(path: Path, _changed: int) -> ast.Module:
    return ast.parse(path.read_text())


def sources(*, generated: bool = False) -> list[Source]:
    """Every Python file of the four wings, migrations left out."""
    found = [
        Source(path)
        for folder in WINGS.values()
        for path in sorted(folder.rglob("*.py"))
        if "__pycache__" not in path.parts and (generated or GENERATED not in path.parts)
    ]
    assert len(found) > 50, "the wings are not where the tests look for them"
    return found


def rooms() -> dict[str, list[Source]]:
    """Room → its Python files, the wings' own files left out."""
    found: dict[str, list[Source]] = {}
    for source in sources():
        if "." in source.room:
            found.setdefault(source.room, []).append(source)
    return found


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name that is called: `Conflict`, `Invalid.at`, `pages.go`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def constant(call: ast.Call, place: int, keyword: str) -> str | None:
    """The text argument at this place or by this name, if it is written out."""
    given = [k.value for k in call.keywords if k.arg == keyword]
    node = call.args[place] if len(call.args) > place else (given[0] if given else None)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def templates() -> list[Path]:
    """Every template of the wings."""
    return sorted(p for folder in WINGS.values() for p in folder.rglob("templates/**/*.html"))
