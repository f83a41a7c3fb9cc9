"""Calendar days and months in a merchant's zone (WIB, WITA, WIT: no daylight saving)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
DEFAULT_ZONE = "Asia/Jakarta"


def local(at: datetime, zone: str = DEFAULT_ZONE) -> datetime:
    """The instant on the wall clock of the zone; at must carry an offset."""
    return at.astimezone(ZoneInfo(zone))


def day_of(at: datetime, zone: str = DEFAULT_ZONE) -> date:
    """The calendar day of an instant in the zone."""
    return local(at, zone).date()


def month_of(at: datetime, zone: str = DEFAULT_ZONE) -> str:
    """The calendar month of an instant in the zone, `2026-11`."""
    return local(at, zone).strftime("%Y-%m")


def day_start(day: date, zone: str = DEFAULT_ZONE) -> datetime:
    """Midnight of the day in the zone, as UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def month_bounds(month: str, zone: str = DEFAULT_ZONE) -> tuple[datetime, datetime]:
    """`2026-11` → [first instant, first instant of the next month) in UTC."""
    year, number = (int(part) for part in month.split("-"))
    following = date(year + number // 12, number % 12 + 1, 1)
    return day_start(date(year, number, 1), zone), day_start(following, zone)


def days_back(today: date, days: int) -> list[date]:
    """The last `days` days up to and with today, oldest first."""
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]


def months_after(at: datetime, months: int, zone: str = DEFAULT_ZONE) -> datetime:
    """The same wall clock so many calendar months later in the zone, as UTC; a day that the month
    does not have is its last (31 January + 1 month = 28 or 29 February).
    """
    here = local(at, zone)
    years, number = divmod(here.month - 1 + months, 12)
    day = min(here.day, monthrange(here.year + years, number + 1)[1])
    return here.replace(year=here.year + years, month=number + 1, day=day).astimezone(UTC)
