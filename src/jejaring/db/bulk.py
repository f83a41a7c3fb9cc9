"""Rows by the hundred: models made and inserted without the ORM's cost per field.

For rows that our own rules built: nothing is validated or converted here but what the database
needs (JSON as text, times as the ORM stores them).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from tortoise.connection import get_connection
from tortoise.fields.data import JSONField
from tortoise.models import Model

from jejaring.db import sql

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class _Plan:
    """What a model needs to be made and inserted."""

    plain: dict[str, Any]
    made: dict[str, Callable[[], Any]]
    names: tuple[str, ...]
    json: frozenset[str]
    own_key: bool
    query: str


@lru_cache(maxsize=100)
def _plan(model: type[Model]) -> _Plan:
    meta = model._meta
    plain: dict[str, Any] = {}
    made: dict[str, Callable[[], Any]] = {}
    for name in meta.fields_db_projection:
        default = meta.fields_map[name].default
        if callable(default):
            made[name] = default
        else:
            plain[name] = default
    columns = {
        name: column
        for name, column in meta.fields_db_projection.items()
        if not (meta.fields_map[name].pk and meta.fields_map[name].generated)
    }
    marks = "?" if sql.on_sqlite() else "$"
    slots = ", ".join(marks if marks == "?" else f"${i}" for i in range(1, len(columns) + 1))
    names = ", ".join(f'"{column}"' for column in columns.values())
    return _Plan(
        plain=plain,
        made=made,
        names=tuple(columns),
        json=frozenset(n for n in columns if isinstance(meta.fields_map[n], JSONField)),
        own_key=not meta.pk.generated,
        query=f'INSERT INTO "{meta.db_table}" ({names}) VALUES ({slots})',  # noqa: S608
    )


def new(model: type[M], **values: Any) -> M:
    """A row of the model, to be stored by `insert`; what is not given has its default, else None.

    Related rows are given by their id (`sale_id=`).
    """
    plan = _plan(model)
    row = model.__new__(model)
    fields = row.__dict__
    fields.update(plan.plain)
    for name, make in plan.made.items():
        if name not in values:
            fields[name] = make()
    fields.update(values)
    # What the ORM's own constructor sets, so that its save() and bulk_create() work, too.
    fields.update(_partial=False, _saved_in_db=False, _custom_generated_pk=plan.own_key)
    fields["_await_when_save"] = {}
    return row


async def insert(rows: Sequence[Model]) -> None:
    """Store rows of one model in the caller's transaction; nothing for none. A row whose id the
    database gives does not learn it.
    """
    if not rows:
        return
    plan = _plan(type(rows[0]))
    flat = sql.on_sqlite()
    values = [_values(row.__dict__, plan, flat) for row in rows]
    await get_connection("default").execute_many(plan.query, values)
    for row in rows:
        row.__dict__["_saved_in_db"] = True


def _values(fields: dict[str, Any], plan: _Plan, flat: bool) -> list[Any]:
    found = []
    for name in plan.names:
        value = fields[name]
        if name in plan.json:
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        elif flat and isinstance(value, datetime):
            value = sql.as_text(value)
        found.append(value)
    return found
