"""Who may count as whose recruiter."""

from collections.abc import Mapping
from dataclasses import dataclass


def closes_circle(recruit: str, recruiter: str, above: Mapping[str, str]) -> bool:
    """Whether the recruit stands above the recruiter (or is the same); `above`: each partner's own
    recruiter at this merchant.
    """
    seen: set[str] = set()
    here: str | None = recruiter
    while here is not None and here not in seen:
        if here == recruit:
            return True
        seen.add(here)
        here = above.get(here)
    return False


@dataclass(frozen=True)
class Marks:
    """What tells that two partners are one person: phones (E.164), e-mails (folded), accounts."""

    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def touches(self, other: "Marks") -> bool:
        """Whether they share any."""
        return bool(
            self.phones & other.phones
            or self.emails & other.emails
            or self.accounts & other.accounts
        )
