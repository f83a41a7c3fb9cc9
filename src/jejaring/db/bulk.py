"""Rows by the hundred: models made and inserted without the ORM's cost per field.

For rows that our own rules built: nothing is validated or converted here but what the database
needs (JSON as text, times as the ORM stores them).
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

from pydantic_core import to_json
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.fields.base import Field
from tortoise.fields.data import DateField, DatetimeField, JSONField
from tortoise.models import Model

from jejaring.db import sql

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Query = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class _Plan:
    """What a model needs to be made and inserted."""

    plain: dict[str, Any]
    made: dict[str, Callable[[], Any]]
    names: tuple[str, ...]
    turned: dict[str, Callable[[Any], Any]]
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
        turned={n: turn for n in columns if (turn := _turn(meta.fields_map[n])) is not None},
        own_key=not meta.pk.generated,
        query=f'INSERT INTO "{meta.db_table}" ({names}) VALUES ({slots})',  # noqa: S608
    )


def _turn(field: Field[Any]) -> Callable[[Any], Any] | None:
    """How a value of the field is turned into what its column takes; None for as it is."""
    if isinstance(field, JSONField):
        return _json
    if sql.on_sqlite() and isinstance(field, DatetimeField | DateField):
        return sql.as_text
    return None


def _json(value: Any) -> str:
    return to_json(value).decode()


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


async def insert(*groups: Sequence[Model]) -> None:
    """Store rows in the caller's transaction, each group of one model, in the order given; nothing
    for an empty one. A row whose id the database gives does not learn it. Raises IntegrityError.
    """
    flat = sql.on_sqlite()
    work: list[tuple[str, list[list[Any]]]] = []
    for rows in groups:
        if rows:
            plan = _plan(type(rows[0]))
            work.append((plan.query, _values(rows, plan.names, plan)))
    if flat and work:
        await _at_once(partial(_execute_all, work))
    elif work:
        for query, values in work:
            await get_connection("default").execute_many(query, values)
    for rows in groups:
        for row in rows:
            row.__dict__["_saved_in_db"] = True


async def update(rows: Sequence[Model], *names: str) -> None:
    """Store these fields of stored rows of one model, in the caller's transaction, in one turn."""
    if not rows:
        return
    flat, model = sql.on_sqlite(), type(rows[0])
    plan, meta = _plan(model), model._meta
    marks = ["?"] * (len(names) + 1) if flat else [f"${i}" for i in range(1, len(names) + 2)]
    columns = [meta.fields_db_projection[name] for name in names]
    sets = ", ".join(f'"{c}" = {mark}' for c, mark in zip(columns, marks, strict=False))
    query = f'UPDATE "{meta.db_table}" SET {sets} WHERE "{meta.db_pk_column}" = {marks[-1]}'  # noqa: S608
    wanted = (*names, meta.pk_attr)
    values = _values(rows, wanted, plan)
    if flat:
        await _at_once(partial(_execute_all, [(query, values)]))
    else:
        await get_connection("default").execute_many(query, values)


async def read(*queries: Query | None) -> list[list[dict[str, Any]]]:
    """Several reads as `sql.rows` does one, and their rows, [] for None; on SQLite in one turn of
    its thread.
    """
    wanted = [query for query in queries if query is not None]
    if not sql.on_sqlite():
        found = [await sql.rows(query, values) for query, values in wanted]
    else:
        bound = [(query, [sql.as_text(v) for v in values]) for query, values in wanted]
        found = await _at_once(partial(_read_all, bound)) if bound else []
    answers = iter(found)
    return [[] if query is None else next(answers) for query in queries]


def instant(value: datetime | str) -> datetime:
    """A time as `read` returns it: text on SQLite."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def maybe_instant(value: datetime | str | None) -> datetime | None:
    """The same where there may be none."""
    return None if value is None else instant(value)


def within(column: str, values: Collection[str]) -> tuple[str, list[str]]:
    """`column IN (?, …)` and its values, sorted; for at least one."""
    return f"{column} IN ({', '.join('?' * len(values))})", sorted(values)


# Each awaited statement waits for its turn in the event loop, which under a full load of redirects
# is milliseconds away. What needs no answer in between goes to SQLite's thread together.
async def _at_once(work: Callable[[sqlite3.Connection], T]) -> T:
    async with get_connection("default").acquire_connection() as connection:
        try:
            done: T = await connection._execute(work, connection._conn)
        except sqlite3.IntegrityError as exc:
            raise IntegrityError(exc) from exc
        except sqlite3.OperationalError as exc:
            raise OperationalError(exc) from exc
    return done


def _execute_all(work: list[tuple[str, list[list[Any]]]], connection: sqlite3.Connection) -> None:
    for query, values in work:
        connection.executemany(query, values)


def _read_all(
    queries: list[tuple[str, list[Any]]], connection: sqlite3.Connection
) -> list[list[dict[str, Any]]]:
    return [
        [dict(row) for row in connection.execute(query, values).fetchall()]
        for query, values in queries
    ]


def _values(rows: Sequence[Model], names: Sequence[str], plan: _Plan) -> list[list[Any]]:
    turned = [(at, plan.turned[name]) for at, name in enumerate(names) if name in plan.turned]
    found = []
    for row in rows:
        fields = row.__dict__
        values = [fields[name] for name in names]
        for at, turn in turned:
            values[at] = turn(values[at])
        found.append(values)
    return found
