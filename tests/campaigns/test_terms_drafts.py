"""Drafts of terms: kept as typed, by several at once; the last large change can be taken back."""

import asyncio
from typing import Any

from campaigns.terms import drafts

START: tuple[int, dict[str, Any]] = (1, {"rules": []})


async def add(number: int, *, large: bool = False) -> None:
    def change(typed: dict[str, Any]) -> dict[str, Any]:
        return {"rules": [*typed["rules"], number]}

    await drafts.edit("cmp_1", "usr_1", START, change, large=large)


async def rules() -> list[int]:
    row = await drafts.of("cmp_1")
    assert row is not None
    found: list[int] = row.typed["rules"]  # type: ignore[assignment]
    return found


async def test_several_who_begin_at_once_lose_nothing(db: None) -> None:
    await asyncio.gather(*(add(n) for n in range(5)))
    assert sorted(await rules()) == [0, 1, 2, 3, 4]


async def test_a_large_change_is_taken_back_once(db: None) -> None:
    assert not await drafts.undo("cmp_1")
    await add(1)
    assert not await drafts.undo("cmp_1")
    await add(2, large=True)
    await add(3)
    assert await drafts.undo("cmp_1")
    assert await rules() == [1]
    assert not await drafts.undo("cmp_1")


async def test_a_dropped_draft_is_gone_and_another_may_begin(db: None) -> None:
    await add(1)
    await drafts.drop("cmp_1")
    assert await drafts.of("cmp_1") is None
    await add(2)
    assert await rules() == [2]
