"""What an ordinary run must have met, each on each database; the model counts it."""

WANTED = (
    "owed back", "netted", "paid what came back", "run changed",
    "skipped: nothing_left", "skipped: below_minimum", "skipped: no_method",
    "skipped: method_waiting", "waiting account taken back",
    "payout failed", "payout returned", "payout cancelled",
    "paid payout returned", "netted payout came back",
    "given again against a debt", "given again as a new item", "dispute won after it was paid",
    "payable held", "let go", "payable rejected", "held one let go by an appeal",
    "rejected one back by an appeal", "less back than was rejected",
    "kept back by the month's limit", "credited to another", "order reopened", "further row",
    "self-referral", "self-referral appealed", "order moved to another month",
    "sold under later terms", "campaign revived by a top-up",
    "goodwill withdrawn", "goodwill that was in a payout stays",
    "waiting refund taken", "waiting refund dropped",
    "cut by a limit", "cut by the budget",
    "recruiter's share", "recruiter's share taken back", "recruiter's share given again",
    "clicks paid", "clicks without a cookie cut", "clicks cut by the day's limit",
    "bonus", "month trued up", "month trued down",
)  # fmt: skip
