"""Run a notebook as users of a terminal do, in its folder: execute.py NOTEBOOK OUT. Fails where a cell fails."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

source, out = map(Path, sys.argv[1:])
notebook = nbformat.read(source, 4)
NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(source.parent)}}).execute()
nbformat.write(notebook, out)
