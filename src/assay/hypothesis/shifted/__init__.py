"""Rows whose cells stand one column off."""
