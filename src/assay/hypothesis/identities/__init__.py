"""Sums, products, ratios and copies that the data themselves show."""
