"""Hubs, one file or folder each, found by scanning."""
