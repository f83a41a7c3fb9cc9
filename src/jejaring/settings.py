"""The environment as one frozen Settings; every setting is documented here and in
docs/settings.md.
"""

import contextlib
import os
import secrets
import tempfile
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Settings(BaseModel):
    """Heroku's names first; our own start with JEJARING_.

    What is not given comes from the environment, where an empty variable counts as none.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    def __init__(self, **given: Any) -> None:
        for name, one in type(self).model_fields.items():
            variable = str(one.validation_alias)
            if os.environ.get(variable) and not given.keys() & {name, variable}:
                given[variable] = os.environ[variable]
        super().__init__(**given)

    database_url: str = Field("sqlite://data/jejaring.db", validation_alias="DATABASE_URL")
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    port: int = Field(8000, validation_alias="PORT")
    host: str = Field("127.0.0.1", validation_alias="JEJARING_HOST")
    web_concurrency: int = Field(1, ge=1, validation_alias="WEB_CONCURRENCY")
    base_url: str = Field("", validation_alias="BASE_URL")
    secret_key: str = Field("", validation_alias="SECRET_KEY")
    old_secret_keys: str = Field("", validation_alias="JEJARING_OLD_SECRET_KEYS")
    worker: Literal["inline", "off"] = Field("inline", validation_alias="JEJARING_WORKER")
    signup: Literal["open", "invite"] = Field("invite", validation_alias="JEJARING_SIGNUP")
    trusted_proxies: str = Field("", validation_alias="JEJARING_TRUSTED_PROXIES")
    rate_limit: int = Field(600, ge=0, validation_alias="JEJARING_RATE_LIMIT")
    metrics_token: str = Field("", validation_alias="JEJARING_METRICS_TOKEN")
    click_order_limit: int = Field(20, ge=1, validation_alias="JEJARING_CLICK_ORDER_LIMIT")
    click_days: int = Field(90, ge=1, validation_alias="JEJARING_CLICK_DAYS")
    paid_counts_after_days: int = Field(
        14, ge=0, validation_alias="JEJARING_PAID_COUNTS_AFTER_DAYS"
    )
    method_wait_hours: int = Field(48, ge=0, validation_alias="JEJARING_METHOD_WAIT_HOURS")
    pg_pool: int = Field(10, ge=2, validation_alias="JEJARING_PG_POOL")
    log_level: str = Field("info", validation_alias="JEJARING_LOG_LEVEL")

    @field_validator("database_url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url.startswith("postgresql://"):
            url = "postgres://" + url.removeprefix("postgresql://")
        if not url.startswith(("sqlite://", "postgres://")):
            raise ValueError("DATABASE_URL must start with sqlite:/// or postgres://")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _known_networks(cls, listed: str) -> str:
        for part in filter(None, (part.strip() for part in listed.split(","))):
            ip_network(part, strict=False)
        return listed

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path:
        """The database file: relative to the working directory in `sqlite:///data/x.db` and
        `sqlite://data/x.db`, absolute in `sqlite:////srv/x.db`; what follows a `?` is ignored.
        """
        path = self.database_url.partition("?")[0].removeprefix("sqlite://")
        return Path(path.removeprefix("/"))

    @property
    def base(self) -> str:
        """The address that links are made from, without a trailing slash."""
        return (self.base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Served over https: cookies get Secure and __Host-, replies HSTS."""
        return self.base.startswith("https://")


def _kept_secret(path: Path) -> str:
    """The key kept beside a SQLite database (mode 0600), made at first use."""
    file = path.parent / "secret_key"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fd, draft = tempfile.mkstemp(dir=file.parent, prefix="secret_key.")  # made with mode 0600
        with os.fdopen(fd, "w") as out:
            out.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, file)
        os.unlink(draft)
    return file.read_text().strip()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once. Raises ValueError on PostgreSQL without SECRET_KEY."""
    read = Settings()
    if read.secret_key:
        return read
    if not read.is_sqlite:
        raise ValueError("SECRET_KEY is required with PostgreSQL")
    return read.model_copy(update={"secret_key": _kept_secret(read.sqlite_path)})
