"""Somebody with a phone: opens pages, and keeps what is wrong with each."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from playwright.async_api import ConsoleMessage, Page, Response

from tests.browser.look import complaints

PASSWORD = "sawah hijau luas sekali"
SHOTS = os.environ.get("JEJARING_SHOTS")
TRIES = 300


@dataclass
class Site:
    """The running server: a client of it, and its address."""

    client: httpx2.AsyncClient
    base: str


@dataclass
class Walker:
    """One person's page; whatever the browser itself complains of is kept in `said`."""

    page: Page
    base: str
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        # A form that is refused answers 422, and Chromium notes that; everything else counts.
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            self.said.append(f"{message.text} {message.location}")

    async def open(self, path: str) -> Response:
        """Go to a path of the server, or to a whole address."""
        response = await self.page.goto(path if "://" in path else self.base + path)
        assert response is not None
        return response

    async def look(self, name: str) -> None:
        """Hold the page to what every page keeps; a picture of it where JEJARING_SHOTS says."""
        await self.page.wait_for_load_state()
        wrong = await complaints(self.page) + self.said
        assert wrong == [], (name, self.page.url, wrong)
        if SHOTS:
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)

    async def fill(self, **values: str) -> None:
        """Type into the fields of these names."""
        for name, value in values.items():
            await self.page.fill(f"[name={name}]", value)

    async def press(self, words: str, arrive: str) -> None:
        """Press the button or link of these words, and arrive at an address like `**/partner*`."""
        button = (
            self.page.locator("button:not(.vh):visible, a.btn:visible").filter(has_text=words).first
        )
        async with self.page.expect_navigation(url=arrive):
            await button.click()

    async def sign_in(self, login: str, home: str) -> None:
        """Through the form."""
        await self.open("/signin")
        await self.look("signin")
        await self.fill(login=login, password=PASSWORD)
        await self.press("Masuk", f"**{home}")

    async def sees(self, *words: str) -> None:
        """These words stand on the page."""
        text = " ".join((await self.page.inner_text("main")).split())
        for one in words:
            assert one in text, (one, text)


async def until(asked: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so: what another process does in the background."""
    for _ in range(TRIES):
        if await asked():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")
