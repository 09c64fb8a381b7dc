"""What a table looks like: a sample, counts of values, and days."""
