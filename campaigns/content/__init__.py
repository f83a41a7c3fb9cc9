"""Content: what partners publish for a campaign, sent in as proof and judged by the merchant."""
