"""Shipped test doubles: an in-memory twin of every port, generators, contract suites."""
