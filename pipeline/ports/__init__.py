"""What the core asks of the outside: Protocols with their guarantees and errors."""
