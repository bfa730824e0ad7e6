"""Hubs of vendors as they are met, with their traps; servers on loopback for tests and benchmarks.

They say in our own words what is known of each vendor; what is only assumed is marked as such in
the connector's profile and in docs/hubs.md.
"""
