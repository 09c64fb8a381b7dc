"""Rows that are there twice, and rows that share a key."""
