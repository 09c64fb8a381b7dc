"""Measuring: metrics with mergeable states, fused into as few statements as possible."""
