"""Dependencies: each is locked with hashes, each has its reason, no address is written down."""

import re
import tomllib

from tests.house.survey import ROOT

NAME = re.compile(r"[A-Za-z0-9._-]+")


def _named(line: str) -> str:
    found = NAME.match(line)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _wanted() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [d for group in project["optional-dependencies"].values() for d in group]
    return {_named(d) for d in [*project["dependencies"], *extras]}


def test_the_lock_names_every_dependency_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    lines = [line for line in lock.splitlines() if NAME.match(line)]
    assert _wanted() - {_named(line) for line in lines} == set(), "run `make lock`"
    assert all("==" in line and line.endswith("\\") for line in lines)
    assert lock.count("--hash=sha256:") > len(lines)


def test_the_lock_holds_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "decisions" / "0001-stack.md").read_text().lower()
    silent = {n for n in _wanted() if n not in page and n.replace("pytest-", "") not in page}
    assert silent == set()
