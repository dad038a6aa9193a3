"""What the system holds in memory of a file: each page that some process has read since it was put out."""

import ctypes
import mmap
import os

PAGE = mmap.PAGESIZE


def put_out(path):
    """Asks the system to forget the file; pages that a process maps and uses stay."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def held_pages(path):
    """How many pages of the file are in memory, and how many it has."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
    pages = (ctypes.c_ubyte * -(-size // PAGE))()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    if libc.mincore(start, size, ctypes.addressof(pages)) != 0:
        raise OSError(ctypes.get_errno(), "mincore")
    return sum(page & 1 for page in pages), len(pages)
