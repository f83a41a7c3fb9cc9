"""Steps of who decides on a commission: held, let go, rejected, appealed."""

from tests.proof.books import Row
from tests.proof.stage import Stage, pick

CODES = {"hold": "under_review", "reject": "fake_order"}


class Deciding(Stage):
    """Decisions and appeals."""

    def judges(self, which: int, act: str) -> None:
        row = self.a_row(which)
        if act == "hold" and row.state != "held" and which % 3 == 0:
            row = next((r for r in self.ground.rows if r.state == "payable" and r.rest), row)
        self.judge(row, act)

    def judge(self, row: Row, act: str) -> None:
        sent = {"reason_code": CODES[act]} if act in CODES else None
        reply = self.send(row.pair[0], "POST", f"{self._row_path(row)}/{act}", sent)
        self.said(reply, getattr(self.model, act)(row), act)

    def _row_path(self, row: Row) -> str:
        return f"/v1/commissions/{self.ground.rows[row]}"

    def appeals(self, which: int, won: bool) -> None:
        rows = [row for row in self.ground.rows if row.state in ("held", "rejected")]
        open_to = [row for row in rows if not row.appealed and row.reason != "recredited"]
        self.appeal(pick(open_to if open_to and which % 4 else rows, which), won)

    def appeal(self, row: Row, won: bool) -> None:
        """The partner appeals, and the merchant answers."""
        reply = self.send(row.pair[1], "POST", f"{self._row_path(row)}/appeal", {"text": "x"})
        was_open = row.appeal_open
        status = self.model.appeal(row)
        assert reply.status_code == status, (status, reply.text)
        if status == 201:
            self.ground.appeals[row] = reply.json()["id"]
        elif not was_open:
            self.after("appeal, refused")
            return
        outcome = "won" if won else "lost"
        path = f"/v1/appeals/{self.ground.appeals[row]}/answer"
        reply = self.send(row.pair[0], "POST", path, {"outcome": outcome, "reason": "x"})
        self.said(reply, self.model.answer(row, outcome), f"appeal {outcome}")
