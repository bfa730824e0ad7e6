"""Write: place documents in their folders, once and whole."""

from pipeline.stages.write.stage import Write

__all__ = ["Write"]
