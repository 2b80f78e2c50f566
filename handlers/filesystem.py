"""What a home stands on: whether its file system is this machine's own, and how much room is left."""

import os
import re
import shutil
from pathlib import Path

NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "ncp", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
        "ocfs2", "davfs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "acfs", "coda", "orangefs", "moosefs",
    }
)  # fmt: skip
"""File systems that another machine holds: locks there are promises, and a database on one does not survive."""

_FUSE = re.compile(
    r"fuse\.(?:sshfs|rclone|s3fs|gcsfuse|glusterfs|ceph|davfs2|curlftpfs|mfs|smbnetfs|vmhgfs-fuse)"
)


def network_kind(path: Path, mounts: str | None = None) -> str | None:
    """The kind of network file system this path lies on, such as "nfs4"; None: it is local, or cannot be told.

    `mounts` is what /proc/self/mounts says.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    here = os.path.realpath(path)
    kind, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1])
        if (here == point or here.startswith(point.rstrip("/") + "/")) and len(point) >= longest:
            kind, longest = fields[2], len(point)  # a later mount on the same point hides the earlier
    return kind if kind in NETWORK or _FUSE.fullmatch(kind) else None


def room_left(path: Path) -> int:
    """Free bytes where this path lies. OSError."""
    return shutil.disk_usage(path).free
