"""Every page of a shop, listed; fixed paths stand before those with an id in their place."""

from dashboards.merchant import home, partners, posts, products, review
from dashboards.merchant.campaigns import launch, one, wizard
from dashboards.merchant.money import books, goodwill, owed, payouts, sending
from dashboards.merchant.sales import credit, dispute, listing, order, record
from dashboards.merchant.settings import creators, keys, profile, sites, team
from dashboards.merchant.terms import form, prices, trial
from dashboards.merchant.terms import one as rule

PAGES = [
    *home.PAGES,
    *products.PAGES,
    *wizard.PAGES,
    *launch.PAGES,
    *form.PAGES,
    *rule.PAGES,
    *prices.PAGES,
    *trial.PAGES,
    *one.PAGES,
    *partners.PAGES,
    *posts.PAGES,
    *listing.PAGES,
    *record.PAGES,
    *order.PAGES,
    *credit.PAGES,
    *dispute.PAGES,
    *payouts.PAGES,
    *sending.PAGES,
    *books.PAGES,
    *review.PAGES,
    *owed.PAGES,
    *goodwill.PAGES,
    *profile.PAGES,
    *sites.PAGES,
    *creators.PAGES,
    *team.PAGES,
    *keys.PAGES,
]
