"""The embedded hub: a real server of the native hub protocol, durable and authenticated."""
