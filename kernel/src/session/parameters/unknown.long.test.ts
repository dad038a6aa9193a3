import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openModel } from "../../models/model.js";
import { Session } from "../session.js";
import { gpt2, ownRuntime, quiet } from "../sessions.fixture.js";
import { chooseParameters } from "./choose.js";
import { parameterTable } from "./table.js";
import { unknownParameter } from "./unknown.js";

ownRuntime();
const golden = (name: string) =>
  fileURLToPath(new URL(`../../../../test/goldens/checkpoints/${name}`, import.meta.url));

test("numbers of a glob that choose no parameter are refused and not left out", async () => {
  const model = await openModel(golden("opt"));
  const glob = "model.decoder.layers.0-9.fc1.weight";
  const message =
    /^selector "model\.decoder\.layers\.0-9\.fc1\.weight": of 0-9 there is no \d+: there are 0[^\n]+$/;
  expect(() => parameterTable(model, glob, [])).toThrow(message);
  expect(() => chooseParameters([glob], model)).toThrow(message);
  const odd = "model.decoder.layers.0.fc{1,3}.weight";
  expect(() => chooseParameters([odd], model)).toThrow("of {1,3} there is no 3: there are 1, 2");
});

describe("a buffer is no parameter, and the error says how its value is had", () => {
  test.each([
    ["gpt2", "transformer.h.1.attn.bias", "the causal mask"],
    ["gpt2", "transformer.h.0.attn.masked_bias", "what older transformers put"],
    ["gpt2", "*.attn.bias", "the causal mask"],
    ["llama-grouped", "model.rotary_emb.inv_freq", "rotary frequencies"],
    ["llama-grouped", "*.inv_freq", "rotary frequencies"],
    ["gpt-neox", "gpt_neox.rotary_emb.original_inv_freq", "rotary frequencies"],
    ["gpt-neox", "gpt_neox.layers.0.attention.bias", "the causal mask"],
  ])("%s %s", async (name, asked, value) => {
    const model = await openModel(golden(name));
    expect(unknownParameter(asked, model).message).toMatch(
      new RegExp(`^no parameter "${asked.replace(/[.*]/g, "\\$&")}": [\\w.]+ is a buffer, ${value}[^\\n]*$`),
    );
    expect(() => parameterTable(model, asked, [])).toThrow("is a buffer, ");
  });

  test("wherever a parameter is asked for", async () => {
    const session = await Session.open(gpt2, quiet);
    const [bias] = ["transformer.h.0.attn.bias"];
    const said = `no parameter "${bias}": ${bias} is a buffer, the causal mask, 1 where a query may look`;
    await expect(session.parameter(bias!)).rejects.toThrow(said);
    await expect(session.editParameter(bias!, [1])).rejects.toThrow(said);
    expect(() => session.parameters(bias)).toThrow(said);
    await expect(
      session.backward([[2, 3]], { parameters: bias!, loss: ({ logits }) => logits.sum([0, 1, 2]) }),
    ).rejects.toThrow(said);
    await session.close();
  });
});

test("what is neither is told with what is nearest", async () => {
  const model = await openModel(gpt2);
  expect(unknownParameter("transformer.h.0.attn.c_attn.bais", model).message).toBe(
    'no parameter "transformer.h.0.attn.c_attn.bais": nearest is transformer.h.0.attn.c_attn.bias [96]',
  );
  expect(unknownParameter("transformer.h.9.attn.bias", model).message).toMatch(/nearest is transformer\.h\./);
});
