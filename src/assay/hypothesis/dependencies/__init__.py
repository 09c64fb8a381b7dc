"""Columns that determine others, and the rows that break it."""
