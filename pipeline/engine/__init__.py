"""Moves items through stages: queues, fairness, limits, retries, schedule; it knows no document."""
