"""The state in SQLite: write-ahead log, every commit on the disk, one writer, group commit."""

from pipeline.connectors.state.sqlite.store import SqliteState

__all__ = ["SqliteState"]
