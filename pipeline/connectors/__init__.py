"""The outside world: leaves that implement ports, named only by ``pipeline.app``."""
