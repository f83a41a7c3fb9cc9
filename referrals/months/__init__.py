"""Months and days that are over: tiers and bonuses trued up, clicks paid; last month simulated."""
