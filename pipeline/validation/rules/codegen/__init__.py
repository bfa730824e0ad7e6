"""Typed trees to Python source."""
