"""Files as people have them: how they are written, laid out and packed, and what their texts mean."""
