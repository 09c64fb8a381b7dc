"""Orders and implications between columns that the data themselves show."""
