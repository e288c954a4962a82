"""The findings of a check: their codes, the findings themselves, and reports."""
