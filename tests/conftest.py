"""Shared configuration of the tests."""
