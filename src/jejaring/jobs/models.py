"""Work to be done later, and the workers' heartbeats."""

from tortoise import fields
from tortoise.models import Model


class Job(Model):
    """One piece of work, committed with the data that caused it."""

    id = fields.BigIntField(primary_key=True)
    topic = fields.CharField(max_length=60)
    payload: dict[str, object] = fields.JSONField(default=dict)
    key = fields.CharField(max_length=160, null=True, unique=True)
    run_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    locked_until = fields.DatetimeField(null=True)
    locked_by = fields.CharField(max_length=60, null=True)
    attempts = fields.IntField(default=0, db_default=0)
    last_error = fields.CharField(max_length=500, null=True)
    done_at = fields.DatetimeField(null=True)
    dead_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "job"  # due jobs are found by the partial index job_due (migration 0002)


class Beat(Model):
    """When each worker and each recurring duty last ran."""

    name = fields.CharField(max_length=80, primary_key=True)
    at = fields.DatetimeField()
    note = fields.CharField(max_length=300, default="", db_default="")

    class Meta:
        app = "jejaring"
        table = "beat"
