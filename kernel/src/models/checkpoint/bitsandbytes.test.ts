import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openModel } from "../model.js";
import { goldens } from "./goldens.fixture.js";

const at = mkdtempSync(join(tmpdir(), "vitrail-8bit-"));
afterAll(() => rmSync(at, { recursive: true }));
const golden = join(goldens, "bitsandbytes", "galactica");
beforeEach(() => cpSync(golden, at, { recursive: true }));

const proj = "model.decoder.layers.0.self_attn.k_proj";

/** Writes the weights' file with another header, and bytes, and leaves the rest. */
function change(
  edit: (text: string) => string,
  touch: (data: Buffer, header: string) => void = () => {},
): void {
  const file = join(at, "model.safetensors");
  const raw = readFileSync(file);
  const end = 8 + Number(raw.readBigUInt64LE());
  const header = raw.subarray(8, end).toString();
  const text = edit(header);
  const data = Buffer.from(raw.subarray(end));
  touch(data, header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  writeFileSync(file, Buffer.concat([length, Buffer.from(text), data]));
}

test("int8 weights are found with their scales, and what is beside them in float stays", async () => {
  const { parameters, quantise } = await openModel(at);
  expect(quantise).toBe("int8");
  const held = [...parameters].filter(([, { scales }]) => scales !== undefined);
  expect(held).toHaveLength(12);
  for (const [, { dtype, shape, scales }] of held)
    expect([dtype, scales!.axis, scales!.bytes, scales!.over]).toEqual(["i8", 0, 4 * shape[0]!, 127]);
  expect(parameters.get("model.decoder.embed_tokens.weight")!.dtype).toBe("f16");
});

test("another quantisation is refused by its field", async () => {
  const file = join(at, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, object>;
  for (const said of [
    { ...config["quantization_config"], load_in_8bit: false, load_in_4bit: true },
    { quant_method: "gptq", bits: 8 },
  ]) {
    writeFileSync(file, JSON.stringify({ ...config, quantization_config: said }));
    await expect(openModel(at)).rejects.toThrow(
      `config field "quantization_config" (${JSON.stringify(said)}) is not supported: read is bitsandbytes with load_in_8bit`,
    );
  }
});

test("weights without scales, of another layout or without the config's word are refused by name", async () => {
  change((text) => text.replace(`${proj}.SCB`, `${proj}.SCX`));
  await expect(openModel(at)).rejects.toThrow(
    `"${proj}.weight" [32, 32] is i8: it needs "${proj}.SCB" f32 [32], which is missing`,
  );
  cpSync(golden, at, { recursive: true });
  change(
    (text) => text,
    (data, header) => {
      const entry = (JSON.parse(header) as Record<string, { data_offsets: [number, number] }>)[
        `${proj}.weight_format`
      ]!;
      data[entry.data_offsets[0]] = 2;
    },
  );
  await expect(openModel(at)).rejects.toThrow(
    `"${proj}.weight_format" is 2: read are int8 weights by row, which is 0`,
  );
  cpSync(golden, at, { recursive: true });
  const config = JSON.parse(readFileSync(join(at, "config.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(at, "config.json"), JSON.stringify({ ...config, quantization_config: null }));
  await expect(openModel(at)).rejects.toThrow(/is i8, not one of f32, f16, bf16/);
});
