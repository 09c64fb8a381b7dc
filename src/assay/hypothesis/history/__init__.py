"""What is unlike the audits before."""
