"""What may be wrong with a table: one proposer a file, or a folder."""
