"""Disk of Windows file systems; not verified on Windows yet, see docs/delivery.md."""

from pipeline.connectors.disks.windows.disk import WindowsDisk

__all__ = ["WindowsDisk"]
