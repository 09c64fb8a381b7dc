"""Campaigns: what audited tables are for. A hidden world, data sets, classifiers, blind scores, recommendations."""
