"""Disk of Linux file systems."""

from pipeline.connectors.disks.linux.disk import LinuxDisk

__all__ = ["LinuxDisk"]
