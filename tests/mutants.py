"""`python -m tests.mutants`: what mutmut found; fails for a survivor without an answer."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

from tests.house.survey import ROOT

ANSWERS = ROOT / "docs" / "decisions" / "0021-mutants.md"
BLOCK = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"x(?:_|ǁ)(?:(?P<owner>\w+?)ǁ)?(?P<function>\w+)__mutmut_\d+")
# `zip(…, strict=True)` of sequences that are of one length by how they were made: one answer.
STRICT = re.compile(r"strict=(True|False|None)")
# A mutant that no test comes by survives as well.
SURVIVED = ("survived", "no tests")


@dataclass(frozen=True)
class Change:
    """One mutant: where it is, and the lines that it takes out and puts in."""

    where: str
    lines: tuple[str, ...]

    @property
    def only_strict(self) -> bool:
        """Whether nothing but a `zip`'s strictness is changed."""
        sides = {STRICT.sub("", line[2:]) for line in self.lines}
        return len(self.lines) == 2 and len(sides) == 1

    def __str__(self) -> str:
        return "\n".join((self.where, *self.lines))


def _change(module: str, mutant: str) -> Change:
    found = NAME.fullmatch(mutant.rpartition(".")[2])
    assert found, mutant
    where = ".".join(part for part in (module, found["owner"], found["function"]) if part)
    diff = get_diff_for_mutant(mutant).splitlines()[3:]
    return Change(where, tuple(f"{d[0]} {d[1:].strip()}" for d in diff if d[0] in "-+"))


def _answers() -> set[Change]:
    found: set[Change] = set()
    for block in BLOCK.findall(ANSWERS.read_text()):
        for piece in block.strip().split("\n\n"):
            where, *lines = piece.splitlines()
            found.add(Change(where, tuple(lines)))
    return found


def _results() -> Iterator[tuple[str, str, str]]:
    """Module, mutant, status."""
    assert config().only_mutate
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        module = ".".join(path.with_suffix("").parts).removeprefix("src.")
        for mutant, code in data.exit_code_by_key.items():
            yield module, mutant, status_by_exit_code[code]


def main() -> int:
    """Print the table and what is open; 1 if there is any, or an answer to a mutant long killed."""
    answers, used, unanswered = _answers(), set[Change](), list[Change]()
    table: dict[str, Counter[str]] = {}
    for module, mutant, status in _results():
        row = table.setdefault(module, Counter())
        if status in SURVIVED:
            change = _change(module, mutant)
            status = "answered" if change in answers else "strict" if change.only_strict else "open"
            if status != "strict":
                (used.add if status == "answered" else unanswered.append)(change)
        row.update(("made", status))
    columns = sorted({"made", "killed", "answered", "strict", "open"}.union(*table.values()))
    print(f"{'':32}" + "".join(f"{column:>10}" for column in columns))
    for name, row in [*sorted(table.items()), ("all", sum(table.values(), Counter[str]()))]:
        print(f"{name:32}" + "".join(f"{row[column]:>10}" for column in columns))
    stale = sorted(answers - used, key=str)
    for title, rest in (("Without an answer:", unanswered), ("Answered, but killed:", stale)):
        if rest:
            print(f"\n{title}\n\n" + "\n\n".join(map(str, rest)))
    return 1 if unanswered or stale else 0


if __name__ == "__main__":
    sys.exit(main())
