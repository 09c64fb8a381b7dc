"""Columns that a table lost, or that changed their type."""
