"""What columns mean: roles from names and values, and the relations between roles, from packs."""
