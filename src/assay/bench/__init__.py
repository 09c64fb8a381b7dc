"""Benchmark data: clean tables of known behaviour, and what is done to them to measure an audit."""
