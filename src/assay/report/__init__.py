"""What is told: one record of an audit, rendered for terminals, machines and people."""
