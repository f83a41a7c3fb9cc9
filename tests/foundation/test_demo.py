"""The demo world: whole, in balance, signed in to, and never built where others live."""

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


async def jejaring(url: str, *words: str) -> tuple[int, str, str]:
    """The command in a process of its own; its exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jejaring", *words,
        env=dict(os.environ) | {"DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def is_whole(world: dict[str, Any]) -> None:
    """The shape of contract.md: three merchants, twelve partners, each with a way in."""
    assert set(world) == {"base_url", "operator", "merchants", "partners"}
    assert set(world["operator"]) == {"email", "password"}
    shop = {"slug", "name", "api_key", "email", "password", "site"}
    assert [set(row) for row in world["merchants"]] == [shop] * 3
    partner = {"handle", "name", "api_key", "email", "password"}
    assert [set(row) for row in world["partners"]] == [partner] * 12


async def built_twice(url: str, *words: str) -> None:
    """Built once; asked again it prints the same passwords and new keys. The books agree."""
    code, out, err = await jejaring(url, "demo", "--json", *words)
    assert code == 0, err
    first = json.loads(out)
    is_whole(first)
    code, out, err = await jejaring(url, "demo", "--json", *words)
    assert code == 0, err
    again = json.loads(out)
    for side in ("merchants", "partners"):
        for before, after in zip(first[side], again[side], strict=True):
            assert before["password"] == after["password"]
            assert before["api_key"] != after["api_key"]
    assert (await jejaring(url, "check"))[:2] == (
        0, "ok: books, commissions, payouts and figures agree\n",
    )  # fmt: skip


@pytest.mark.only_on("sqlite")
async def test_the_demo_world_is_built_once_and_in_balance(tmp_path: Path) -> None:
    await built_twice(f"sqlite:////{str(tmp_path / 'demo.db').lstrip('/')}")
    with closing(sqlite3.connect(tmp_path / "demo.db")) as found:
        posts = found.execute("SELECT state FROM submission ORDER BY created_at").fetchall()
        gifts = found.execute("SELECT state, amount FROM goodwill").fetchall()
    assert posts == [("accepted",), ("refused",), ("waiting",)]
    assert gifts == [("done", 15_000)]
    assert [name for name in os.listdir(tmp_path) if ".demo" in name] == []


@pytest.mark.only_on("postgres")
async def test_the_demo_world_on_postgresql_must_be_wished_for(new_postgres: str) -> None:
    code, _, err = await jejaring(new_postgres, "demo")
    assert (code, "--really" in err) == (2, True)
    await built_twice(new_postgres, "--really")


@pytest.mark.only_on("sqlite")
async def test_where_somebody_lives_no_demo_is_built(tmp_path: Path) -> None:
    url = f"sqlite:////{str(tmp_path / 'real.db').lstrip('/')}"
    assert (await jejaring(url, "migrate"))[0] == 0
    code, link, _ = await jejaring(url, "operator", "ketua@example.com")
    assert code == 0
    assert "/reset/" in link
    code, _, err = await jejaring(url, "demo", "--json")
    assert (code, "not of the demo" in err) == (2, True)
    assert await jejaring(url, "demo", "--if-empty") == (0, "", "")
