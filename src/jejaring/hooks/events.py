"""The closed list of events: each name, and who is told. docs/events.md describes them."""

EVENTS = (
    "campaign.launched",
    "campaign.paused",
    "campaign.resumed",
    "campaign.ended",
    "terms.issued",
    "enrolment.requested",
    "enrolment.activated",
    "enrolment.rejected",
    "enrolment.ended",
    "sale.recorded",
    "sale.changed",
    "refund.applied",
    "commission.accrued",
    "commission.reversed",
    "commission.released",
    "payout.approved",
    "payout.sent",
    "payout.paid",
    "payout.failed",
    "payout.returned",
)
