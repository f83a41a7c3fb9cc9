"""A web process starts soon and weighs little: what few requests need is not loaded at start."""

import subprocess
import sys

from tests.house.survey import ROOT

HEAVY = {
    "PIL", "aiohttp", "argparse", "asyncpg", "babel", "crawlerdetect", "dns", "fpdf", "hypothesis",
    "limits", "phonenumbers", "prometheus_client", "pydantic_settings", "pygments", "pytest",
    "qrcode", "redis", "rich", "schemathesis", "structlog", "typer", "xlsxwriter",
}  # fmt: skip


def test_nothing_heavy_is_loaded_at_start() -> None:
    code = (
        "import sys; before = set(sys.modules); import jejaring.main; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "jejaring" in loaded
    assert sorted(loaded & HEAVY) == [], "import it in the function that needs it"
