"""What is wrong: from measurements to verdicts, findings and their root causes."""
