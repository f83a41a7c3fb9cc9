"""`jejaring serve | worker | migrate | demo | check | …`: verbs only, no logic."""

import asyncio
import json

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Jejaring: see README.md")


@app.command()
def migrate() -> None:
    """Bring the database up to date; safe to run twice and at once."""
    from jejaring.db.migrate import migrate as run
    from jejaring.settings import settings

    done = asyncio.run(run(settings()))
    print("\n".join(done) if done else "nothing to migrate")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from jejaring import main
    from jejaring.settings import settings
    from jejaring.web.openapi import document

    print(json.dumps(document(main.ENDPOINTS, settings().base, main.VERSION), indent=1))
