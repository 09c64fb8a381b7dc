"""Amounts in micros, cents or thousands."""
