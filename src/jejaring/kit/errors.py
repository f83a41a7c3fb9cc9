"""One family of errors: a code, a status, fields. No wording: words are made at the edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BadField:
    """One wrong field: where (JSON pointer `/items/0/quantity`), why (a code), what values."""

    pointer: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 — an answer that the asker can act on, not a fault
    """An expected no. `code` names the message (`problem.{code}` in the catalogues)."""

    status = 400

    def __init__(
        self,
        code: str,
        *,
        fields: Sequence[BadField] = (),
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.fields = tuple(fields)
        self.values = values
        self.headers = dict(headers or {})


class Unauthenticated(Refusal):
    """Nobody known is asking: 401."""

    status = 401


class Forbidden(Refusal):
    """Known, but the wrong side, scope or role: 403."""

    status = 403


class NotFound(Refusal):
    """Does not exist, or is another organisation's, which is the same to the asker: 404."""

    status = 404

    def __init__(self, code: str = "not_found", **values: Any) -> None:
        super().__init__(code, **values)


class Conflict(Refusal):
    """The state of things forbids it: 409."""

    status = 409


class Invalid(Refusal):
    """The content is wrong: 422, with every bad field at once."""

    status = 422

    def __init__(self, code: str = "invalid", *, fields: Sequence[BadField] = (), **values: Any):
        super().__init__(code, fields=fields, **values)

    @classmethod
    def at(cls, pointer: str, code: str, **values: Any) -> "Invalid":
        """The common case: one bad field."""
        return cls(fields=[BadField(pointer, code, values)])


class TooMany(Refusal):
    """Too often: 429 with Retry-After in seconds."""

    status = 429

    def __init__(self, retry_after: int, code: str = "too_many") -> None:
        super().__init__(code, headers={"Retry-After": str(retry_after)}, seconds=retry_after)
