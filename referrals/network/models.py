"""Recruitments: rows are added, never changed."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from jejaring.identity.models import Organisation


class Recruitment(Model):
    """Which partner brought another to a merchant, by what (`by`: coupon, link, handle);
    `enrolment` is the recruiter's place at that time.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    recruit_id = fields.CharField(max_length=32)
    recruiter_id = fields.CharField(max_length=32)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    by = fields.CharField(max_length=8)
    at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "recruitment"
        unique_together = (("merchant", "recruit_id"),)
        indexes = (("merchant_id", "recruiter_id"),)
