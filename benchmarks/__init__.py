"""Benchmarks of the project: ``python -m benchmarks``; what they say is in RESULTS.md."""
