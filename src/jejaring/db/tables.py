"""Every module that owns tables, in one tuple: one app label, one migration history."""

MODEL_MODULES = (
    "jejaring.web.models",
    "jejaring.jobs.models",
    "jejaring.trail.models",
    "jejaring.identity.models",
    "jejaring.hooks.models",
    "jejaring.ledger.models",
    "jejaring.payouts.models",
    "campaigns.catalog.models",
    "campaigns.terms.models",
    "campaigns.lifecycle.models",
    "campaigns.enrolments.models",
    "campaigns.content.models",
    "campaigns.goodwill.models",
    "referrals.links.models",
    "referrals.network.models",
    "referrals.clicks.models",
    "referrals.orders.models",
    "referrals.attribution.models",
    "referrals.commissions.models",
    "referrals.months.models",
    "referrals.review.models",
    "dashboards.figures.models",
)
APP = "jejaring"
MIGRATIONS = "jejaring.db.migrations"
