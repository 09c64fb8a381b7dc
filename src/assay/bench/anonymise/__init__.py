"""Tables that can be shown: names, ids and addresses replaced, everything else as it was, errors included."""

from assay.bench.anonymise.anonymise import Anonymised, Treated, anonymise

__all__ = ["Anonymised", "Treated", "anonymise"]
