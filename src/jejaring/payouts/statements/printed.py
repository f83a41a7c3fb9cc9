"""The statement on paper: a PDF of one table a pair, as a bank would send it."""

import io
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus.doctemplate import BaseDocTemplate

from jejaring.payouts.statements.read import PairStatement, Parts
from jejaring.web import language

COLUMNS = (
    "at", "text", "reference", "amount", "pending", "held", "payable", "in_payout", "owed_back",
    "due",
)  # fmt: skip
_WIDTHS = (33, 56, 38, 24, 22, 20, 24, 22, 20, 24)
_LONGEST = 26
INK, LINE, SHADE = colors.HexColor("#1a1f27"), colors.HexColor("#c9c4b8"), "#f6f5f1"
_STYLE = TableStyle(
    [
        ("FONT", (0, 0), (-1, -1), "Helvetica", 7.5),
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 7),
        ("FONT", (0, -1), (-1, -1), "Helvetica-Bold", 7.5),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("ALIGN", (3, 0), (-1, -1), "RIGHT"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor(SHADE)),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)
_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=14, leading=18, textColor=INK)
_SMALL = ParagraphStyle("small", fontName="Helvetica", fontSize=8, leading=11, textColor=INK)
_PAIR = ParagraphStyle("pair", fontName="Helvetica-Bold", fontSize=10, leading=14, textColor=INK)


def as_pdf(
    found: Sequence[PairStatement],
    within: tuple[datetime, datetime],
    lang: str,
    whose: tuple[str, str],
    made_at: datetime,
) -> bytes:
    """The statement of an organisation (its name and zone) as PDF, A4 across. Takes a second for a
    thousand movements: call it in a thread.
    """
    name, zone = whose
    out = io.BytesIO()
    title = language.say(lang, "statement.title", name=name)
    period = language.say(lang, "statement.period", zone, start=within[0], end=within[1])
    made = language.say(lang, "statement.made", zone, at=made_at)
    page = SimpleDocTemplate(
        out, pagesize=landscape(A4), title=title, author="Jejaring", leftMargin=7 * mm,
        rightMargin=7 * mm, topMargin=12 * mm, bottomMargin=14 * mm,
    )  # fmt: skip

    def foot(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(7 * mm, 8 * mm, _plain(f"{title} · {made}"))
        canvas.drawRightString(290 * mm, 8 * mm, str(canvas.getPageNumber()))

    story = [_words(title, _TITLE), _words(f"{period} {made}", _SMALL), Spacer(1, 4 * mm)]
    if not found:
        story.append(_words(language.say(lang, "statement.empty"), _SMALL))
    for one in found:
        story += [
            _words(" – ".join(one.names), _PAIR),
            LongTable(
                _rows(one, within, lang, zone), colWidths=[w * mm for w in _WIDTHS],
                repeatRows=1, style=_STYLE, hAlign="LEFT",
            ),
            Spacer(1, 6 * mm),
        ]  # fmt: skip
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _rows(
    one: PairStatement, within: tuple[datetime, datetime], lang: str, zone: str
) -> list[list[str]]:
    """Heads, an opening line, the movements, a closing line."""

    def line(
        at: datetime, text: str, reference: str, amount: int | None, parts: Parts
    ) -> list[str]:
        due = (
            parts.pending,
            parts.held,
            parts.payable,
            parts.in_payout,
            parts.owed_back,
            parts.due,
        )
        first = "" if amount is None else language.money(amount, lang)
        return [
            _plain(language.clock(at, lang, zone)), _plain(text), _plain(_short(reference)),
            first, *[language.money(part, lang) for part in due],
        ]  # fmt: skip

    heads = [_plain(language.say(lang, f"statement.column.{name}")) for name in COLUMNS]
    opening, closing = (language.say(lang, f"statement.{end}") for end in ("opening", "closing"))
    return [
        heads,
        line(within[0], opening, "", None, one.opening),
        *[line(r.at, r.text, r.reference, r.amount, r.after) for r in one.movements],
        line(within[1], closing, "", None, one.closing),
    ]


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(_plain(text)), style)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plain(text: str) -> str:
    """What PDF's own fonts can show; they come with every reader and need no file of ours."""
    return text.encode("cp1252", "replace").decode("cp1252")
