"""Settings from the environment: addresses of databases, keys, what is refused."""

import stat
from pathlib import Path
from typing import Any

import pytest

from jejaring import settings as module
from jejaring.db import connect
from jejaring.settings import Settings


def make(**values: Any) -> Settings:
    return Settings(**values)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/x.db", "data/x.db"),
        ("sqlite://data/x.db", "data/x.db"),
        ("sqlite:///x.db", "x.db"),
        ("sqlite:////srv/jejaring/x.db", "/srv/jejaring/x.db"),
        ("sqlite:////tmp/x.db", "/tmp/x.db"),  # noqa: S108 — never opened
        ("sqlite:///tmp/x.db", "tmp/x.db"),  # relative, whatever folders exist
        ("sqlite:///x.db?mode=rwc", "x.db"),
    ],
)
def test_the_sqlite_file_of_an_address(url: str, path: str) -> None:
    assert make(DATABASE_URL=url).sqlite_path == Path(path)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:x.db", "x.db", "http://a"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL must start with"):
        make(DATABASE_URL=url)


def test_both_names_of_postgresql_are_understood() -> None:
    assert make(DATABASE_URL="postgresql://h/d").database_url == "postgres://h/d"
    assert not make(DATABASE_URL="postgres://h/d").is_sqlite


def test_a_postgresql_address_becomes_a_pool() -> None:
    given = make(DATABASE_URL="postgres://u:p%40ss@h:5433/d?sslmode=require", JEJARING_PG_POOL=7)
    credentials = connect.config(given)["connections"]["default"]["credentials"]
    assert credentials["password"] == "p@ss"
    assert (credentials["host"], credentials["port"]) == ("h", 5433)
    assert (credentials["database"], credentials["user"]) == ("d", "u")
    assert (int(credentials["minsize"]), int(credentials["maxsize"])) == (1, 7)
    assert credentials["ssl"] == "require"
    assert "sslmode" not in credentials


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("REDIS_URL", "")
    assert make().port == 8000
    assert make().redis_url is None


def test_the_key_beside_a_sqlite_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "x.db"
    first = module._kept_secret(file)
    assert len(first) >= 60
    assert module._kept_secret(file) == first
    kept = file.parent / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [f.name for f in file.parent.iterdir()] == ["secret_key"]


def test_postgresql_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://h/d")
    monkeypatch.delenv("SECRET_KEY")
    module.settings.cache_clear()
    try:
        with pytest.raises(ValueError, match="SECRET_KEY is required"):
            module.settings()
    finally:
        monkeypatch.undo()
        module.settings.cache_clear()


def test_addresses_and_cookies_follow_base_url() -> None:
    assert make(BASE_URL="https://j.example/").base == "https://j.example"
    assert make(BASE_URL="https://j.example").secure
    local = make(BASE_URL="", PORT=8123)
    assert local.base == "http://127.0.0.1:8123"
    assert not local.secure
