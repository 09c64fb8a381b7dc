"""Classifiers of campaigns, one a file, behind one interface."""
