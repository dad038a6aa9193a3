"""
Runs scripts in copies of one process that has PyTorch and transformers loaded, which takes ten seconds of a script that computes for
two. Reads a JSON list a line, the script's file and its arguments, and answers with a JSON object: its exit code and what it printed.
"""

import json
import os
import runpy
import sys
import tempfile
import traceback

import torch  # noqa: F401 - loaded for the scripts
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM, OPTForCausalLM  # noqa: F401


def perform(script: str, arguments: list[str]) -> int:
    """What a process of its own would do: its exit code."""
    sys.argv = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter itself does
        traceback.print_exc()
        return 1
    return 0


for line in sys.stdin:
    script, *arguments = json.loads(line)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            code = perform(script, arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        said = []
        for file in (out, errors):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    answer = {"code": os.waitstatus_to_exitcode(status), "stdout": said[0], "stderr": said[1]}
    print(json.dumps(answer), flush=True)
