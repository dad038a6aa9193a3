"""Moves the records of a PyTorch checkpoint behind 4.5 GiB that no tensor uses, with Python's own zip writer.

Run as `python3 moved.py FROM TO`. The gap takes no room on the disk.
"""

import os
import sys
import zipfile

GAP = 9 * 2**29
BLOCK = bytes(2**24)
ALIGNMENT = 64


class Sparse:
    """A file in which blocks of zeros are left out."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def write(self, data):
        if data is BLOCK:
            self.file.seek(len(data), os.SEEK_CUR)
            return len(data)
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


def record(name, archive):
    """A stored record whose bytes begin at a multiple of 64, as PyTorch's do."""
    info = zipfile.ZipInfo(name)
    header = archive.fp.tell() + 30 + len(name.encode()) + 4
    room = -header % ALIGNMENT
    info.extra = b"FB" + room.to_bytes(2, "little") + b"Z" * room
    return info


source, target = sys.argv[1:]
out = Sparse(target)
with zipfile.ZipFile(source) as before, zipfile.ZipFile(out, "w") as after:
    names = before.namelist()
    root = names[0].split("/")[0]
    with after.open(zipfile.ZipInfo(f"{root}/unused"), "w", force_zip64=True) as gap:
        for _ in range(GAP // len(BLOCK)):
            gap.write(BLOCK)
    for name in names:
        after.writestr(record(name, after), before.read(name))
out.file.close()
