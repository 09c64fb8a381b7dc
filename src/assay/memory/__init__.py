"""The Memory Bank: what earlier audits saw, what people confirmed, and what the next audit makes of it."""
