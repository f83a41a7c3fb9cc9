"""`jejaring serve | worker | migrate | demo | check | …`: verbs only, no logic."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Jejaring: see README.md")


@app.callback()
def house() -> None:
    """Jejaring: see README.md"""
    os.umask(0o077)  # the database, its logs and its copies are nobody else's to read


@app.command()
def serve() -> None:
    """Serve the web (and the worker inside, unless JEJARING_WORKER=off)."""
    from jejaring.serving import serve as run

    run()


@app.command()
def worker() -> None:
    """Run jobs and duties in a process of their own, until SIGTERM."""
    from jejaring.serving import work

    asyncio.run(work())


@app.command()
def migrate() -> None:
    """Bring the database up to date; safe to run twice and at once."""
    from jejaring.db.migrate import migrate as run
    from jejaring.settings import settings

    done = asyncio.run(run(settings()))
    print("\n".join(done) if done else "nothing to migrate")


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
    really: Annotated[bool, typer.Option(help="On PostgreSQL: yes, this database")] = False,
    if_empty: Annotated[bool, typer.Option(help="Only where there is no organisation")] = False,
) -> None:
    """Build the demo world if it is not there, and print its sign-ins."""
    from jejaring.demo import run as verb

    try:
        world = asyncio.run(verb.run(really=really, if_empty=if_empty))
    except verb.Refused as exc:
        typer.echo(f"jejaring demo: {exc}", err=True)
        raise typer.Exit(2) from exc
    if world is not None:
        print(json.dumps(world, indent=1) if as_json else verb.in_words(world))


@app.command()
def operator(email: str) -> None:
    """Print a one-time link that makes EMAIL an operator of this installation."""
    from jejaring import commands

    print(asyncio.run(commands.operator_link(email)))


@app.command()
def check() -> None:
    """Re-add the books in one snapshot; list every difference; exit 1 if there is one."""
    from jejaring import commands

    differences = asyncio.run(commands.check())
    for line in differences:
        print(line)
    if differences:
        raise typer.Exit(1)
    print("ok: books, commissions, payouts and figures agree")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from jejaring import main
    from jejaring.settings import settings
    from jejaring.web.openapi import document

    print(json.dumps(document(main.ENDPOINTS, settings().base, main.VERSION), indent=1))


@app.command()
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE while it is in use; the secret key is not in it."""
    from jejaring.db import backup as verb
    from jejaring.settings import settings

    _or_exit(verb.backup, settings(), file)
    print(f"{file}: keep the secret key apart from it")


@app.command()
def restore(file: Path) -> None:
    """Put FILE in the place of a SQLite database that does not exist yet."""
    from jejaring.db import backup as verb
    from jejaring.settings import settings

    _or_exit(verb.restore, settings(), file)
    print("restored; run `jejaring migrate` and `jejaring check`")


def _or_exit(verb: object, *args: object) -> None:
    try:
        verb(*args)  # type: ignore[operator]
    except (ValueError, OSError) as exc:
        typer.echo(f"jejaring: {exc}", err=True)
        raise typer.Exit(2) from exc
