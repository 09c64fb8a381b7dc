"""Edit distances of many texts at once, by rapidfuzz.

It is imported here only: two threads that import such a package by different names at once find half of it.
"""

from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

__all__ = ["OSA", "cdist"]
