"""
Check every model of a folder: `onnx_check.py FOLDER`.

Each `*.onnx` below FOLDER is checked by path, so that external data is looked for beside it, with full shape inference
in strict mode, and every output must have declared a shape. Prints one line a model; exits 1 when any is refused.
"""

import sys
from pathlib import Path

import onnx
import onnx.checker
import onnx.shape_inference


def check(path: Path) -> str:
    """Refuse by raising; otherwise say how many nodes and outputs there are."""
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path), load_external_data=False)
    for output in model.graph.output:
        if not output.type.tensor_type.HasField("shape"):
            raise ValueError(f"output {output.name} declares no shape")
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return f"{len(model.graph.node)} nodes, {len(model.graph.output)} outputs"


def main() -> int:
    folder = Path(sys.argv[1])
    paths = sorted(folder.rglob("*.onnx"))
    if not paths:
        print(f"no .onnx file below {folder}")
        return 1
    refused = 0
    for path in paths:
        name = path.relative_to(folder)
        try:
            print(f"ok      {name}: {check(path)}")
        except Exception as error:  # the checker raises several unrelated types
            refused += 1
            print(f"refused {name}: {' '.join(str(error).split())}")
    print(f"{len(paths) - refused} of {len(paths)} models are valid")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
