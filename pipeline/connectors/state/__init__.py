"""Databases of what happened."""
