"""One database a run (SQLite; PostgreSQL with TEST_DATABASE=postgres), emptied for each test."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only")
os.environ["JEJARING_RATE_LIMIT"] = "0"
os.environ["BASE_URL"] = "http://jejaring.test"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
IN_CI = os.environ.get("CI") == "true"
ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
_RUN = f"jj_test_{os.getpid()}_{WORKER}"
_HOME = Path(tempfile.mkdtemp(prefix="jejaring-test-"))
if ON_POSTGRES:
    os.environ["DATABASE_URL"] = POSTGRES.rsplit("/", 1)[0] + f"/{_RUN}"
else:
    os.environ["DATABASE_URL"] = f"sqlite:///{_HOME}/test.db"

import asyncpg  # noqa: E402
import httpx2  # noqa: E402
import hypothesis  # noqa: E402
import pytest  # noqa: E402
import pytest_asyncio  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from tortoise.connection import get_connection  # noqa: E402

from jejaring import main  # noqa: E402
from jejaring.db import connect, sql  # noqa: E402
from jejaring.db.migrate import migrate  # noqa: E402
from jejaring.identity import keys  # noqa: E402
from jejaring.settings import settings  # noqa: E402
from jejaring.web import limits  # noqa: E402
from referrals.clicks import recorder  # noqa: E402
from tests.cast import Cast, set_the_stage  # noqa: E402

# CI tries the same examples each time: what it finds, everybody finds.
hypothesis.settings.register_profile("house", deadline=None, derandomize=IN_CI)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`@pytest.mark.only_on("postgres")`: what concerns one database is not part of the other run
    (left out, not skipped: nothing is missing that could be provided).
    """
    here = "postgres" if ON_POSTGRES else "sqlite"
    out = [
        item
        for item in items
        if (mark := item.get_closest_marker("only_on")) is not None and mark.args[0] != here
    ]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: everything that tests need is provided there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much the proofs have tried, at the end of the run (`record_property("proof", …)`)."""
    here = "postgres" if ON_POSTGRES else "sqlite"
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, told in report.user_properties:
            if name == "proof" and report.when == "call":
                terminalreporter.write_line(f"proof on {here}: {told}")


async def _postgres(statement: str) -> None:
    admin = await asyncpg.connect(POSTGRES)
    try:
        await admin.execute(statement)
    finally:
        await admin.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _database() -> AsyncIterator[None]:
    if ON_POSTGRES:
        await _postgres(f'CREATE DATABASE "{_RUN}"')
        await _postgres(f'ALTER DATABASE "{_RUN}" SET synchronous_commit TO off')
    await migrate(settings())
    if not ON_POSTGRES:
        source = sqlite3.connect(settings().sqlite_path)
        with sqlite3.connect(_HOME / "template.db") as template:
            source.backup(template)
        source.close()
        template.close()
    await connect.connect(settings())
    yield
    await connect.disconnect()
    if ON_POSTGRES:
        await _postgres(f'DROP DATABASE "{_RUN}" WITH (FORCE)')
    shutil.rmtree(_HOME, ignore_errors=True)


async def _empty_postgres() -> None:
    """Delete what there is; as a replica does it, so that no trigger or foreign key minds."""
    listed = await sql.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
        "AND tablename <> 'tortoise_migrations'"
    )
    tables = [row["tablename"] for row in listed]
    asked = [f"SELECT '{t}' AS name WHERE EXISTS (SELECT 1 FROM \"{t}\")" for t in tables]
    full = await sql.rows(" UNION ALL ".join(asked))
    deletes = "".join(f'DELETE FROM "{row["name"]}";' for row in full)
    await get_connection("default").execute_script(
        f"SET session_replication_role = replica; {deletes} RESET session_replication_role;"
    )


async def _empty() -> None:
    """Back to the migrated, empty database, not by a plain DELETE: the ledger refuses that."""
    if ON_POSTGRES:
        await _empty_postgres()
        return
    template = sqlite3.connect(_HOME / "template.db")
    live = sqlite3.connect(settings().sqlite_path, timeout=10)
    template.backup(live)
    live.close()
    template.close()


async def _afresh() -> None:
    """The empty database, and nothing remembered of an earlier one."""
    await _empty()
    keys._cache.clear()
    recorder.reset()
    limits.windows.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def db(_database: None) -> AsyncIterator[None]:
    """An empty, migrated database."""
    await _afresh()
    yield
    await keys.settle()


@pytest.fixture
def afresh(db: None) -> Callable[[], Awaitable[None]]:
    """For a test of many histories: empties the database before each."""
    return _afresh


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(_database: None) -> AsyncIterator[Starlette]:
    """The whole application, its jobs run by hand."""
    built = main.build(own_database=False)
    async with built.router.lifespan_context(built):
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def http(app: Starlette, db: None) -> AsyncIterator[httpx2.AsyncClient]:
    """A stranger's client: no key, no cookie; redirects are not followed."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jejaring.test") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def cast(db: None) -> Cast:
    """The fixed cast: see tests/cast.py."""
    return await set_the_stage()
