"""Realistic documents of an office that does not exist: seeded, lazily made, right to the cent."""
