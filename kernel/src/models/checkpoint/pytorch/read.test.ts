import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeStored, goldens, pytorchGolden, sha256 } from "../goldens.fixture.js";
import { readTensor } from "../read.js";
import { readPytorch } from "./read.js";

const folder = join(goldens, "pytorch");

describe("tensors lie where PyTorch put them", () => {
  test.each(Object.entries(pytorchGolden.files))("%s", async (path, expected) => {
    const tensors = await readPytorch(join(folder, path));
    expect(tensors.map(({ name }) => name)).toEqual(Object.keys(expected));
    for (const tensor of tensors) {
      const { float32, ...about } = expected[tensor.name]!;
      expect(describeStored(tensor), tensor.name).toEqual(about);
      if (float32 === undefined) continue;
      const values = await readTensor(tensor);
      expect(sha256(new Uint8Array(values.buffer)), tensor.name).toBe(float32);
    }
  });

  test("tied tensors have one range, slices their part of it", async () => {
    const tensors = await readPytorch(join(folder, "views/pytorch_model.bin"));
    const at = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    expect({ ...at.get("tied"), name: "rows" }).toEqual(at.get("rows"));
    expect(at.get("rows")!.offset - at.get("whole")!.offset).toBe(2 * 4 * 4);
  });
});

describe("what is not a dictionary of plain tensors is refused, and named", () => {
  const messages: Record<string, string> = {
    command: 'global "posix.system" is refused: known are torch._utils._rebuild_tensor_v2,',
    strided: 'tensor "weight" [3, 2] has strides [1, 3]: read are contiguous, row-major ones',
    expanded: 'tensor "weight" [2, 3] has strides [0, 1]: read are contiguous, row-major ones',
    int16: 'global "torch.ShortStorage" is refused',
    uint16: 'global "torch._utils._rebuild_tensor_v3" is refused',
    complex: 'global "torch.ComplexFloatStorage" is refused',
    sparse: 'global "torch._utils._rebuild_sparse_tensor" is refused',
    negative: "a tensor has a state beyond its values",
    training: '"model" is a dict, not a tensor: a state dictionary holds only these',
    epoch: '"epoch" is a number, not a tensor',
    list: "list.bin holds a list, not tensors by name",
    module: 'global "torch.nn.modules.linear.Linear" is refused',
    numbered: "a key is a number, not a text",
    compressed: 'record "archive/data.pkl" is compressed (method 8)',
  };
  test("every file that PyTorch made for this has its message", () => {
    const files = readdirSync(join(folder, "refused")).map((name) => name.replace(".bin", ""));
    expect(files.sort()).toEqual(Object.keys(messages).sort());
  });
  test.each(Object.entries(messages))("%s", async (name, message) => {
    const path = join(folder, "refused", `${name}.bin`);
    await expect(readPytorch(path)).rejects.toThrow(message);
    await expect(readPytorch(path)).rejects.toThrow(/^[^\n]+$/);
  });

  test("a legacy file, with the command that converts it", async () => {
    const path = join(folder, "legacy", "pytorch_model.bin");
    const command =
      `python3 -c "import os, sys, torch; p = sys.argv[1]; ` +
      `w = torch.load(p, map_location='cpu', weights_only=True); ` +
      `torch.save(w, p + '.zip'); os.replace(p + '.zip', p)" '${path}'`;
    await expect(readPytorch(path)).rejects.toThrow(
      `${path} is a pickle of PyTorch before 1.6, not a zip: convert it with ${command}`,
    );
  });
});
