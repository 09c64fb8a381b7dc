"""BigQuery: audited in place, by the official client."""
