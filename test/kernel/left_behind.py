"""Prints the processes that carry this test's Jupyter path in their environment and live still."""

import os

import psutil

for process in psutil.process_iter():
    try:
        if process.pid != os.getpid() and process.environ().get("JUPYTER_PATH") == os.environ["JUPYTER_PATH"]:
            if process.status() != psutil.STATUS_ZOMBIE:
                print(process.pid, " ".join(process.cmdline()))
    except psutil.Error:
        continue
