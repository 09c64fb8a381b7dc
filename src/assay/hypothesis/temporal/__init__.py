"""Gaps, partial and stale loads, wrong dates, broken volumes and levels."""
