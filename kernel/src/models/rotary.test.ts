import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldens } from "./checkpoint/goldens.fixture.js";
import { readRotation } from "./rope.js";

interface Case {
  readonly config: Parameters<typeof readRotation>[1] & {
    readonly model_type: string;
    readonly hidden_size: number;
    readonly num_attention_heads: number;
    readonly rotary_pct?: number;
  };
  readonly frequencies: readonly number[];
  readonly scale: number;
}

const cases = JSON.parse(readFileSync(join(goldens, "rotary", "settings.json"), "utf8")) as Record<
  string,
  Case
>;

const rotationOf = ({
  model_type,
  hidden_size,
  num_attention_heads,
  rotary_pct,
  ...config
}: Case["config"]) =>
  readRotation(
    model_type,
    config,
    hidden_size / num_attention_heads,
    rotary_pct === undefined ? {} : { share: rotary_pct },
  );

describe("positions turn by the frequencies and the factor of transformers", () => {
  test.each(Object.entries(cases))("%s", (_, { config, frequencies, scale }) => {
    const rotation = rotationOf(config);
    expect(rotation.scale).toBeCloseTo(scale, 12);
    expect(rotation.frequencies).toHaveLength(frequencies.length);
    // Powers of float32 differ in their last digit between processors.
    rotation.frequencies.forEach((f, i) => expect(Math.abs(f / frequencies[i]! - 1)).toBeLessThan(3e-7));
  });

  test("and each setting of YaRN changes them, except what transformers passes over", () => {
    const said = (name: string) => JSON.stringify([cases[name]!.frequencies, cases[name]!.scale]);
    const equal = Object.keys(cases).filter((name) => name !== "yarn" && said(name) === said("yarn"));
    expect(equal).toEqual(["yarn with one weight", "yarn with a weight of 0"]);
    expect(said("yarn whose truncate is null")).toBe(said("yarn not truncated"));
  });
});
