"""Daily figures and how far the rollup has read."""

from tortoise import fields
from tortoise.models import Model


class DailyFigure(Model):
    """Counts of one link on one day (the merchant's calendar); `link_id` '' for sales without a
    link.
    """

    id = fields.BigIntField(primary_key=True)
    day = fields.DateField()
    merchant_id = fields.CharField(max_length=32)
    campaign_id = fields.CharField(max_length=32, default="", db_default="")
    partner_id = fields.CharField(max_length=32, default="", db_default="")
    link_id = fields.CharField(max_length=32, default="", db_default="")
    product_id = fields.CharField(max_length=32, default="", db_default="")
    channel = fields.CharField(max_length=12, default="", db_default="")
    people = fields.BigIntField(default=0, db_default=0)
    visits = fields.BigIntField(default=0, db_default=0)
    scans = fields.BigIntField(default=0, db_default=0)
    previews = fields.BigIntField(default=0, db_default=0)
    prefetches = fields.BigIntField(default=0, db_default=0)
    bots = fields.BigIntField(default=0, db_default=0)
    sales = fields.BigIntField(default=0, db_default=0)
    sales_amount = fields.BigIntField(default=0, db_default=0)
    commission = fields.BigIntField(default=0, db_default=0)

    class Meta:
        app = "jejaring"
        table = "daily_figure"
        unique_together = (
            ("merchant_id", "day", "campaign_id", "partner_id", "link_id", "product_id", "channel"),
        )
        indexes = (("partner_id", "day"),)


class RollupMark(Model):
    """How far a rollup has read: `clicks` by seq, `events` by event id.

    `holes` are numbers at or below `position` that had not appeared when it passed them: they may
    belong to transactions still open. `version` grows with each change, so that two readers of the
    same rows cannot both count them.
    """

    name = fields.CharField(max_length=40, primary_key=True)
    position = fields.BigIntField(default=0, db_default=0)
    holes: list[list[object]] = fields.JSONField(default=list)
    version = fields.BigIntField(default=0, db_default=0)

    class Meta:
        app = "jejaring"
        table = "rollup_mark"
