"""Where a table lives and how it is asked: one file an engine, read-only."""
