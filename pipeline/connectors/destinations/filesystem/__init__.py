"""Destination on a file system: staging, delivery log, moves, self-test."""

from pipeline.connectors.destinations.filesystem.destination import FilesystemDestination, Hop
from pipeline.connectors.destinations.filesystem.places import StagingPlace, workers_at
from pipeline.connectors.destinations.filesystem.self_test import Flush

__all__ = ["FilesystemDestination", "Flush", "Hop", "StagingPlace", "workers_at"]
