"""Which file system a folder lies on; SQLite's locks and shared memory fail on network ones."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "afs",
        "ceph",
        "cifs",
        "fuse.ceph",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)


def network_file_system(folder: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Type of the network file system a folder lies on; None elsewhere or when it is unknown."""
    kind = _file_system(folder.resolve(), mounts)
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _file_system(folder: Path, mounts: Path) -> str | None:
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    best: tuple[int, str] | None = None
    for line in lines:
        mount_point, kind = _parse(line)
        depth = len(mount_point.parts)
        # The last of several mounts on one folder is the one that is seen.
        if folder.is_relative_to(mount_point) and (best is None or depth >= best[0]):
            best = (depth, kind)
    return best[1] if best else None


def _parse(line: str) -> tuple[Path, str]:
    """Mount point and type; fields before the lone dash vary in number."""
    fields = line.split(" ")
    return Path(_unescaped(fields[4])), fields[fields.index("-") + 1]


def _unescaped(text: str) -> str:
    for escape, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(escape, character)
    return text
