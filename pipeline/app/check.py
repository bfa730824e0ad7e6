"""Compose the check."""
