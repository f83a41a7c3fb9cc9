"""A simulation as it is shown."""

from datetime import datetime

from pydantic import BaseModel


class SimulatedPartner(BaseModel):
    """A partner's part of a simulation; rupiah."""

    partner: str
    sales: int
    base: int
    real: int
    new: int


class SimulatedRule(BaseModel):
    """What a rule would have paid."""

    rule: str
    new: int


class SimulationOut(BaseModel):
    """Sales of a span under new terms (`new`) beside what they really earned (`real`), in rupiah.

    `left_out` names kinds of the terms that sales alone cannot tell (clicks, posts, recruiters);
    `whole` is false where only the newest sales were looked at. Nothing is stored.
    """

    since: datetime
    until: datetime
    sales: int
    real: int
    new: int
    difference: int
    currency: str = "IDR"
    partners: list[SimulatedPartner]
    rules: list[SimulatedRule]
    left_out: list[str]
    whole: bool
