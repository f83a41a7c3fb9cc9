"""Every table is listed, keyed, restrained: one label, no cascades, money in whole rupiah."""

import importlib
from collections.abc import Iterator

from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from jejaring.db.tables import APP, MODEL_MODULES
from tests.house.survey import sources

MONEY = {
    "price", "amount", "base", "discount", "shipping", "items_total", "gross", "netted", "tax",
    "fee", "net", "budget", "reserved", "reversed", "refunded", "unit_price", "sales_amount",
}  # fmt: skip


def models() -> Iterator[type[Model]]:
    """Every table of the house."""
    for name in MODEL_MODULES:
        module = importlib.import_module(name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Model) and value.__module__ == name:
                yield value


def test_every_models_file_is_listed() -> None:
    files = {
        f"{s.room}.{s.path.stem}" if s.room != "jejaring" else f"jejaring.{s.path.stem}"
        for s in sources()
        if s.path.name == "models.py"
    }
    assert files == set(MODEL_MODULES)


def test_every_table_is_of_the_one_history() -> None:
    assert [m.__name__ for m in models() if m._meta.app != APP] == []
    assert [m.__name__ for m in models() if not m._meta.db_table] == []
    names = [m._meta.db_table for m in models()]
    assert len(names) == len(set(names))


def test_every_table_says_what_a_row_is() -> None:
    assert [m.__name__ for m in models() if not m.__doc__] == []


def test_nothing_is_deleted_by_cascade() -> None:
    loose = [
        f"{m.__name__}.{name}"
        for m in models()
        for name, field in m._meta.fields_map.items()
        if isinstance(field, ForeignKeyFieldInstance) and field.on_delete != fields.RESTRICT
    ]
    assert loose == []


def test_money_is_whole_rupiah_in_eight_bytes() -> None:
    small = [
        f"{m.__name__}.{name}"
        for m in models()
        for name, field in m._meta.fields_map.items()
        if name in MONEY and not isinstance(field, fields.BigIntField)
    ]
    assert small == []
    inexact = [
        f"{m.__name__}.{name}"
        for m in models()
        for name, field in m._meta.fields_map.items()
        if isinstance(field, fields.FloatField | fields.DecimalField)
    ]
    assert inexact == []


def test_the_ledger_has_no_foreign_keys() -> None:
    keyed = [
        f"{m.__name__}.{name}"
        for m in models()
        if m.__module__ in ("jejaring.ledger.models", "jejaring.trail.models")
        for name, field in m._meta.fields_map.items()
        if isinstance(field, ForeignKeyFieldInstance)
    ]
    assert keyed == []


def test_nothing_points_at_a_click() -> None:
    """Clicks are pruned: a credit copies what it needs of its touches."""
    keyed = [
        f"{m.__name__}.{name}"
        for m in models()
        for name, field in m._meta.fields_map.items()
        if isinstance(field, ForeignKeyFieldInstance) and str(field.model_name).endswith("Click")
    ]
    assert keyed == []


def test_a_default_counts_in_the_database_too() -> None:
    """A default of Python's alone fails the migration that adds the column (stack.md P3)."""
    loose = [
        f"{m.__name__}.{name}"
        for m in models()
        for name, field in m._meta.fields_map.items()
        if field.default is not None
        and not callable(field.default)
        and not field.null
        and not field.has_db_default()
        and not isinstance(field, fields.TextField)
    ]
    assert loose == []
