"""Values that are absent where they are due."""
