"""Products and sites as they are sent and shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from campaigns.catalog.models import Product, Site
from jejaring.settings import settings
from jejaring.web.shapes import Amount, Code, Line, PageQuery, Shape

Url = Annotated[str, Field(min_length=1, max_length=500)]
Stock = Literal["in_stock", "low", "out"]
Category = Annotated[str, Field(max_length=60)]
Description = Annotated[str, Field(max_length=5_000)]


class Urls(Shape):
    """Where the product is sold; null removes an address."""

    website: Url | None = None
    shopee: Url | None = None
    tokopedia: Url | None = None
    tiktok: Url | None = None
    lazada: Url | None = None


class ProductIn(Shape):
    """A new product."""

    sku: Code
    name: Line
    price: Amount
    category: Category | None = None
    description: Description | None = None
    image_url: Url | None = None
    urls: Urls | None = None
    stock: Stock | None = None


class ProductChange(Shape):
    """What changes: an absent field stays; `archived` takes the product off the shelf or back."""

    sku: Code | None = None
    name: Line | None = None
    price: Amount | None = None
    category: Category | None = None
    description: Description | None = None
    image_url: Url | None = None
    urls: Urls | None = None
    stock: Stock | None = None
    archived: bool | None = None


class ProductQuery(PageQuery):
    """Filters of the list."""

    sku: Annotated[str, Field(max_length=64)] | None = None
    archived: bool | None = None


class ProductOut(BaseModel):
    """A product, whole."""

    id: str
    sku: str
    slug: str
    name: str
    price: int
    currency: Literal["IDR"] = "IDR"
    category: str
    description: str
    image_url: str | None
    urls: dict[str, str]
    stock: Stock
    page_url: str
    created_at: datetime
    archived_at: datetime | None


class SiteIn(Shape):
    """A host of the merchant."""

    host: Annotated[str, Field(min_length=1, max_length=253)]


class Proof(BaseModel):
    """How to prove that the host is yours: either of the two is enough."""

    txt_record: str
    file_url: str
    file_content: str


class SiteOut(BaseModel):
    """A site, whole."""

    id: str
    host: str
    verified: bool
    verified_at: datetime | None
    verified_by: Literal["dns", "file", "operator"] | None
    proof: Proof
    created_at: datetime


def product_out(row: Product, merchant_slug: str) -> ProductOut:
    """A stored product as it is shown."""
    kept: dict[str, Any] = {
        name: getattr(row, name) for name in ProductOut.model_fields if hasattr(row, name)
    }
    return ProductOut(**kept, page_url=f"{settings().base}/p/{merchant_slug}/{row.slug}")


def site_out(row: Site) -> SiteOut:
    """A stored site as it is shown."""
    by = row.verified_by
    return SiteOut(
        id=row.id,
        host=row.host,
        verified=row.verified_at is not None,
        verified_at=row.verified_at,
        verified_by=None if by is None else (by if by in ("dns", "file") else "operator"),
        proof=Proof(
            txt_record=f"jejaring-verify={row.token}",
            file_url=f"https://{row.host}/.well-known/jejaring.txt",
            file_content=f"jejaring-verify={row.token}",
        ),
        created_at=row.created_at,
    )
