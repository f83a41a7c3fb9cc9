"""Dependencies: each is locked with hashes, each has its reason, no address is written down."""

import re
import tomllib

import pytest

from tests.house.survey import ROOT

NAME = re.compile(r"[A-Za-z0-9._-]+")


def _named(line: str) -> str:
    found = NAME.match(line)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


WHOLE, RUN = "requirements.lock", "requirements.run.lock"


def _wanted(lock: str = WHOLE) -> set[str]:
    """What the project asks for; the lock to run with leaves out what only its makers need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    groups = [group for name, group in extras.items() if lock == WHOLE or name != "dev"]
    return {_named(d) for d in [*project["dependencies"], *[d for g in groups for d in g]]}


def _pins(lock: str) -> set[str]:
    """Its lines `name==version ; where`, without hashes."""
    lines = (ROOT / lock).read_text().splitlines()
    return {line.removesuffix(" \\") for line in lines if NAME.match(line)}


@pytest.mark.parametrize("lock", [WHOLE, RUN])
def test_a_lock_names_every_dependency_with_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    lines = [line for line in text.splitlines() if NAME.match(line)]
    assert _wanted(lock) - {_named(line) for line in lines} == set(), "run `make lock`"
    assert all("==" in line and line.endswith("\\") for line in lines)
    assert text.count("--hash=sha256:") > len(lines)


@pytest.mark.parametrize("lock", [WHOLE, RUN])
def test_a_lock_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_what_runs_is_what_was_tested() -> None:
    assert _pins(RUN) - _pins(WHOLE) == set()


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "decisions" / "0001-stack.md").read_text().lower()
    silent = {n for n in _wanted() if n not in page and n.replace("pytest-", "") not in page}
    assert silent == set()
