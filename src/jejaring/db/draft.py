"""Write a new migration from the difference between models and history (`make migration`)."""

import asyncio

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter

from jejaring.db.connect import config
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
    """Write the pending changes as migration files; their paths."""
    return [str(writer.write()) for writer in await pending_changes()]


if __name__ == "__main__":
    for path in asyncio.run(draft()):
        print(path)  # noqa: T201 — a developer's command
