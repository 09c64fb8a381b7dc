"""Texts that are not what the rest of their column is."""
