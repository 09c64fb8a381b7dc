"""Classifiers of campaigns, one a file, behind one interface."""

from assay.campaigns.models.trained import CHOSEN, MODELS, Trained, load, train

__all__ = ["CHOSEN", "MODELS", "Trained", "load", "train"]
