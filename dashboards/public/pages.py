"""Every page for strangers, listed."""

from dashboards.public import join, landing, shop, sign

PAGES = [*landing.PAGES, *sign.PAGES, *join.PAGES, *shop.PAGES]
