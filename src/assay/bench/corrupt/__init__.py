"""Known errors put into a table, beside the exact truth about them: where (a mechanism) times how (a kind)."""

from assay.bench.corrupt.corrupt import Corrupted, corrupt
from assay.bench.corrupt.error import Error, NotApplicable, NotApplicableError
from assay.bench.corrupt.kinds import KINDS
from assay.bench.corrupt.mechanisms import MECHANISMS

__all__ = ["KINDS", "MECHANISMS", "Corrupted", "Error", "NotApplicable", "NotApplicableError", "corrupt"]
