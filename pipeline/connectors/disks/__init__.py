"""File operations of the delivery protocol, by operating system."""
