"""Relations that packs know of, and the exceptions that are legitimate."""
