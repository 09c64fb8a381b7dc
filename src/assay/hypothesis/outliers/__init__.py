"""Cells far from what their row and their segment make them."""
