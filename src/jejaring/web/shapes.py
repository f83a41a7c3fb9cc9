"""The base of every request and reply shape, and the field types that they share."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from jejaring.kit.money import MAX_AMOUNT
from jejaring.kit.paging import MAX_LIMIT

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _no_control(value: Any) -> Any:
    """Refuse control characters, however deep in lists and mappings: PostgreSQL stores no NUL."""
    if isinstance(value, str):
        if _CONTROL.search(value):
            raise PydanticCustomError("control_character", "control characters are not allowed")
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            _no_control(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            _no_control(name)
            _no_control(part)
    return value


class Shape(BaseModel):
    """Strict and closed: `10.0`, `"10"` and `true` are not integers, unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="after", check_fields=False)
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return _no_control(value)


class QueryShape(Shape):
    """Query parameters: text is read as numbers and dates; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)


def _trimmed(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return value.strip()


def _sane_time(value: datetime) -> datetime:
    """Years 1970 to 2200 only: both databases store these alike."""
    offset = value.utcoffset() or timedelta()
    if not 1970 <= value.year <= 2200 or abs(offset) > timedelta(hours=15):
        raise PydanticCustomError("impossible_date", "the date is impossible")
    return value


Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
Quantity = Annotated[int, Field(ge=1, le=100_000)]
RateBp = Annotated[int, Field(ge=0, le=10_000)]
When = Annotated[AwareDatetime, AfterValidator(_sane_time)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_trimmed)]
Line = Annotated[str, Field(min_length=1, max_length=160), AfterValidator(_trimmed)]
Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_trimmed)]
Rupiah = Literal["IDR"]


class PageQuery(QueryShape):
    """`?limit=&cursor=`: newest first."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str, Field(max_length=300)] | None = None


class PageOf(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    data: list[T]
    next_cursor: str | None = None
