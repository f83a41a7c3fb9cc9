"""The proof: whatever happens, and in whichever order, the product's money is where the model's is.

The same histories in every run; `make soak` tries others. How many steps there were, and what came
of them, is told at the end of the run.
"""

import asyncio
import contextvars
import os
from collections.abc import Awaitable, Callable
from random import Random

import httpx2
import hypothesis
import pytest_asyncio
from hypothesis import HealthCheck
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.ground import Here
from tests.proof.happened import WANTED
from tests.proof.machine import Money

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
HISTORIES = int(os.environ.get("PROOF_HISTORIES", "250" if SOAK else "40"))
STEPS = 20
Where = tuple[asyncio.AbstractEventLoop, contextvars.Context]


@pytest_asyncio.fixture(loop_scope="session")
async def where() -> Where:
    """The loop and the context in which the application lives."""
    return asyncio.get_running_loop(), contextvars.copy_context()


def test_the_product_s_money_is_where_the_model_s_is(
    where: Where,
    http: httpx2.AsyncClient,
    afresh: Callable[[], Awaitable[None]],
    record_property: Callable[[str, object], None],
) -> None:
    """Not a coroutine: the machine's steps are not, and run theirs on the session's loop."""
    Money.here = Here(*where, http, afresh)
    try:
        _soak() if SOAK else _run()
    finally:
        told = ", ".join(f"{name} {n}" for name, n in Money.steps.most_common())
        steps = f"{Money.steps.total()} steps in {Money.histories} histories"
        record_property("proof", f"{steps}: {told}")
        met = ", ".join(f"{name} {Money.met[name]}" for name in WANTED)
        record_property("proof", f"what came of them: {met}")
    assert [name for name in WANTED if not Money.met[name]] == []


def _run() -> None:
    for number in range(HISTORIES):
        by, money = Random(number), Money()
        money.opens(by)
        for _ in range(STEPS):
            money.goes_on(by)
        money.teardown()


def _soak() -> None:
    chosen = hypothesis.settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Money, settings=chosen)
