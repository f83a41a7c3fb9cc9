"""What BCA's bulk transfer calls its transfer types and the other banks: a dated table.

Sources. The thirteen columns, their widths and the codes BCA, LLG, RTG, BIF: the template of
KlikBCA Bisnis / myBCA "multi transfer" (study of Indonesia, section 2.4; the codes other than BCA
are of medium certainty). SWIFT codes (BIC, ISO 9362) of the head offices, as the banks publish
them and as BI-FAST statements of 2025 and 2026 carry them. Limits: BI-FAST at most Rp250 million a
transfer (Bank Indonesia), SKNBI (LLG) at most Rp1 billion, RTGS above. A bank without a code here
is left out of BCA's file and counted; the generic CSV carries it.
"""

AS_OF = "2026-11-24"

OWN = "bca"
TO_BCA = "BCA"
CLEARING = "LLG"
RTGS = "RTG"
BI_FAST = "BIF"
BI_FAST_MOST = 250_000_000
CLEARING_MOST = 1_000_000_000

SWIFT = {
    "mandiri": "BMRIIDJA",
    "bni": "BNINIDJA",
    "bri": "BRINIDJA",
    "bsi": "BSMDIDJA",
    "btn": "BTANIDJA",
    "cimb": "BNIAIDJA",
    "permata": "BBBAIDJA",
    "danamon": "BDINIDJA",
    "jago": "JAGBIDJA",
    "seabank": "SSPIIDJA",
    "maybank": "IBBKIDJA",
    "panin": "PINBIDJA",
    "uob": "BBIJIDJA",
    "ocbc": "NISPIDJA",
    "bjb": "PDJBIDJA",
    "muamalat": "MUABIDJA",
    "sinarmas": "SBJKIDJA",
    "smbc": "SUNIIDJA",
    "mega": "MEGAIDJA",
    "neo": "YUDBIDJ1",
    "raya": "AGTBIDJA",
}

TRANSFER_TYPES = (
    (TO_BCA, "Transfer ke rekening BCA"),
    (CLEARING, "Kliring (SKNBI)"),
    (RTGS, "Real Time Gross Settlement"),
    (BI_FAST, "BI-FAST"),
)
CUSTOMER_TYPES = (("1", "Perorangan"), ("2", "Perusahaan"), ("3", "Pemerintah"))
RESIDENCES = (("1", "Penduduk"), ("2", "Bukan penduduk"))


def transfer(provider: str, amount: int) -> tuple[str, str] | None:
    """(transfer type, SWIFT code) for a payee's bank and an amount in rupiah; None where BCA's file
    cannot carry it. BCA's own accounts need no SWIFT code; others go by BI-FAST up to its limit,
    then by clearing, then by RTGS.
    """
    if provider == OWN:
        return TO_BCA, ""
    code = SWIFT.get(provider)
    if code is None:
        return None
    if amount <= BI_FAST_MOST:
        return BI_FAST, code
    return (CLEARING if amount <= CLEARING_MOST else RTGS), code
