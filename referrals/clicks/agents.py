"""What is known of each user agent: its kind and device, thought about once."""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from referrals.clicks.rules import BOT, PERSON, device, kind_of_agent, speech

if TYPE_CHECKING:
    from crawlerdetect import CrawlerDetect

# Agents beyond this length say nothing more, and long ones cost time.
LONGEST = 400
MANY = 4_000
# The big list of crawlers costs half a millisecond for an agent not seen before, so a batch pays
# for a few only; the others are asked about when they come again.
QUESTIONS_A_BATCH = 4


class Agent(NamedTuple):
    """`sure`: whether the big list of crawlers has been asked too."""

    kind: str
    device: str
    sure: bool


_known: dict[bytes, Agent] = {}


@lru_cache(maxsize=1)
def _crawlers() -> "CrawlerDetect":
    from crawlerdetect import CrawlerDetect  # noqa: PLC0415 — start-up time

    return CrawlerDetect()


def at_once(raw: bytes) -> Agent:
    """What the cheap checks say, for the redirect."""
    agent = _known.get(raw)
    if agent is None:
        if len(_known) >= MANY:
            _known.clear()
        text = raw[:LONGEST].decode("latin-1")
        kind = kind_of_agent(text)
        agent = _known[raw] = Agent(kind, device(text), kind != PERSON or not raw)
    return agent


def for_sure(raw: bytes) -> Agent:
    """What the big list of crawlers says of an agent that the cheap checks took for a person."""
    agent = at_once(raw)
    if agent.sure:
        return agent
    kind = BOT if _crawlers().is_crawler(speech(raw[:LONGEST].decode("latin-1"))) else PERSON
    agent = _known[raw] = Agent(kind, agent.device, True)
    return agent


def reset() -> None:
    """Forget every agent."""
    _known.clear()
