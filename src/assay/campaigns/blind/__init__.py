"""Blind scores: the labels of tests live in one folder that only the scoring service opens."""
