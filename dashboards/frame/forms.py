"""Forms with mistakes: every wrong field worded, by the field's name; amounts and rates read."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from dashboards.frame import rules
from jejaring.kit.errors import BadField, Invalid, Refusal
from jejaring.web import language, pages, problems
from jejaring.web.api import bad_fields

Model = TypeVar("Model", bound=BaseModel)


def words(
    request: Request, refusal: Refusal, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What is wrong with the sent form, by field name; '' holds what belongs to no field.

    A pointer's first part is the field's name, unless `names` maps the pointer to another.
    """
    lang = language.pick(request)
    found: dict[str, str] = {}
    for bad in refusal.fields:
        name = (names or {}).get(bad.pointer) or bad.pointer.strip("/").partition("/")[0]
        found.setdefault(name, problems.field_words(lang, bad.code, dict(bad.values)))
    if not found:
        found[""] = language.say(lang, f"problem.{refusal.code}", **refusal.values)
    return found


def shaped(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Values read from a form as a shape of the API. Invalid with every bad field."""
    try:
        return model.model_validate_json(json.dumps(values, default=_text))
    except ValidationError as exc:
        raise Invalid(fields=bad_fields(exc)) from exc


def _text(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.isoformat()


class Reader:
    """Reads a sent form field by field and gathers what is wrong: `done()` raises it at once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.wrong: list[BadField] = []

    def fault(self, name: str, code: str, **values: Any) -> None:
        """A field is wrong for a reason that only its page knows."""
        self.wrong.append(BadField(f"/{name}", code, values))

    def text(self, name: str, *, required: bool = True, limit: int = 2000) -> str:
        """Trimmed text; `field.missing` if it must be there and is not."""
        value = pages.text(self.request, name, limit)
        if required and not value:
            self.fault(name, "field.missing")
        return value

    def rupiah(self, name: str, *, required: bool = True) -> int | None:
        """An amount as people write it; None when left empty."""
        value = self.text(name, required=required, limit=40)
        read = rules.read_rupiah(value)
        if value and read is None:
            self.fault(name, "form.rupiah")
        return read

    def number(self, name: str, *, required: bool = True) -> int | None:
        """A whole number; None when left empty."""
        value = self.text(name, required=required, limit=40)
        read = rules.read_number(value)
        if value and read is None:
            self.fault(name, "form.number")
        return read

    def rate(self, name: str, *, required: bool = True) -> int | None:
        """A percentage as basis points; None when left empty."""
        value = self.text(name, required=required, limit=20)
        read = rules.read_rate(value)
        if value and read is None:
            self.fault(name, "form.rate")
        return read

    def day(self, name: str, *, required: bool = True) -> date | None:
        """A calendar day; None when left empty."""
        value = self.text(name, required=required, limit=20)
        read = rules.read_day(value)
        if value and read is None:
            self.fault(name, "form.day")
        return read

    def done(self) -> None:
        """Raises Invalid with every wrong field, if there is one."""
        if self.wrong:
            raise Invalid(fields=self.wrong)
