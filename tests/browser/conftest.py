"""A real Chromium, and the real server on the database under test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.walk import Site, Walker
from tests.cast import Cast
from tests.server import server

CHROMIUM = Path("/usr/bin/chromium")
FOUND = CHROMIUM.exists()
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
# Headless Chromium says so, and a robot's clicks are not counted.
PHONE = (
    "Mozilla/5.0 (Linux; Android 12; SM-A035F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser a run, with a profile of its own."""
    if not FOUND:
        pytest.skip(f"no Chromium at {CHROMIUM}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(cast: Cast) -> AsyncIterator[Site]:
    """The server with its worker, links made from its own address; nobody is signed in."""
    async with server(JEJARING_WORKER="inline", BASE_URL="") as (client, _):
        yield Site(client, str(client.base_url).rstrip("/"))


Enter = Callable[..., Awaitable[Walker]]


@pytest_asyncio.fixture(loop_scope="session")
async def enter(chromium: Browser, site: Site) -> AsyncIterator[Enter]:
    """`await enter()`: somebody new with a phone; `script=False`: whose browser runs none."""
    walkers: list[Walker] = []

    async def somebody(*, script: bool = True) -> Walker:
        context = await chromium.new_context(
            viewport={"width": 360, "height": 640}, locale="id-ID", timezone_id="Asia/Jakarta",
            user_agent=PHONE, has_touch=True, java_script_enabled=script,
            permissions=["clipboard-read", "clipboard-write"] if script else [],
        )  # fmt: skip
        context.set_default_timeout(15_000)
        walkers.append(Walker(await context.new_page(), site.base))
        return walkers[-1]

    yield somebody
    for walker in walkers:
        await walker.page.context.close()
