"""How good an audit is: tables with known errors (tasks), something that looks at them (detectors), and scores."""

from assay.bench.experiments.detector import Detection, Detector, Found, audit_detector
from assay.bench.experiments.tables import Tables

__all__ = ["Detection", "Detector", "Found", "Tables", "audit_detector"]
