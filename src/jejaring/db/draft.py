"""Write a new migration from the difference between models and history (`make migration`)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter

from jejaring.db.connect import config
from jejaring.db.tables import MIGRATIONS
from jejaring.settings import Settings


async def pending_changes() -> list[MigrationWriter]:
    """What the models say that the migrations do not say yet; empty when they agree."""
    cfg = config(Settings(DATABASE_URL="sqlite://:memory:"))
    async with TortoiseContext() as context:
        await context.init(config=cfg)
        assert context.apps is not None  # noqa: S101 — init() has just made it
        for models in context.apps.values():
            for model in models.values():
                # Tortoise writes the docstring into the SQL as a comment, and a `;` in it cuts the
                # statement in two; besides, better prose is no reason for a migration.
                model._meta.table_description = ""
        return await MigrationAutodetector(context.apps, cfg["apps"]).changes()


async def draft() -> list[str]:
    """Write the pending changes as migration files; their paths.

    Until the first release 0001_initial is deleted and drafted anew after a change of models: the
    later ones, which build on it, look away meanwhile.
    """
    with _orphans_aside(Path(str(resources.files(MIGRATIONS)))):
        return [str(writer.write()) for writer in await pending_changes()]


@contextmanager
def _orphans_aside(folder: Path) -> Iterator[None]:
    files = [] if (folder / "0001_initial.py").exists() else sorted(folder.glob("0*.py"))
    for file in files:
        file.rename(file.with_suffix(".aside"))
    try:
        yield
    finally:
        for file in files:
            file.with_suffix(".aside").rename(file)


if __name__ == "__main__":
    for path in asyncio.run(draft()):
        print(path)  # noqa: T201 — a developer's command
