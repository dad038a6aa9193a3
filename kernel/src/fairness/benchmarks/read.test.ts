import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testWithData } from "../../tuning/datasets/shared.fixture.js";
import { biasedAnswer, readBbq } from "./bbq.js";
import { readCrows } from "./crows.js";
import { readStereoSet } from "./stereoset.js";

const folder = mkdtempSync(join(tmpdir(), "benchmarks-"));
function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const question = {
  ...{ example_id: 1, question_index: "4", question_polarity: "nonneg", context_condition: "ambig" },
  category: "Height",
  answer_info: { ans0: ["Kim", "tall"], ans1: ["Unknown", "unknown"], ans2: ["Lee", "short"] },
  additional_metadata: { stereotyped_groups: ["Tall"] },
  ...{ context: "Kim and Lee met.", question: "Who reached the shelf?" },
  ...{ ans0: "Kim", ans1: "Unknown", ans2: "Lee", label: 1 },
};

test("a question of BBQ knows its unknown, its stereotyped and its biased answer", async () => {
  const path = write("height.jsonl", `${JSON.stringify(question)}\n`);
  const [item] = (await readBbq(path)).items;
  expect(item).toMatchObject({
    template: "4",
    unknown: 1,
    stereotyped: 0,
    answers: ["Kim", "Unknown", "Lee"],
  });
  expect(biasedAnswer(item!)).toBe(2);
  expect(biasedAnswer({ ...item!, polarity: "neg" })).toBe(0);
});

test("a question with two stereotyped answers, or a field that is not there, is said with its row", async () => {
  const two = { ...question, additional_metadata: { stereotyped_groups: ["tall", "short"] } };
  await expect(readBbq(write("two.jsonl", JSON.stringify(two)))).rejects.toThrow(
    "row 1 has 2 answers that are stereotyped, not one",
  );
  const some = await readBbq(
    write("some.jsonl", [two, question].map((each) => JSON.stringify(each)).join("\n")),
    {
      unclear: "leave out",
    },
  );
  expect([some.items.length, some.leftOut]).toEqual([1, 1]);
  const without = { ...question, context: undefined };
  await expect(readBbq(write("without.jsonl", JSON.stringify(without)))).rejects.toThrow("row 1 at context:");
});

test("lists of StereoSet that do not match are refused", async () => {
  const item = (id: string) => ({
    context: "A BLANK day.",
    sentence: "A fine day.",
    bias_type: "x",
    id,
    target: "t",
  });
  const lists = { stereotype: [item("a")], "anti-stereotype": [item("a")], unrelated: [item("b")] };
  const path = write("stereoset.json", JSON.stringify(lists));
  await expect(readStereoSet(path)).rejects.toThrow(`${path} item 0: the three lists have ids a, a, b`);
});

testWithData(
  "BBQ: every question has one unknown and one stereotyped answer, and the published counts",
  ["bbq/Age.jsonl", "bbq/Religion.jsonl", "bbq/Sexual_orientation.jsonl"],
  async (paths) => {
    const items = await Promise.all(paths.map(async (path) => (await readBbq(path)).items));
    expect(items.map(({ length }) => length)).toEqual([3680, 1200, 864]);
    for (const of of items) {
      expect(
        of.filter(({ condition, polarity }) => condition === "ambig" && polarity === "neg"),
      ).toHaveLength(of.length / 4);
      expect(
        of.every(({ condition, label, unknown }) => (label === unknown) === (condition === "ambig")),
      ).toBe(true);
      expect(new Set(of.map(({ template }) => template)).size).toBe(25);
    }
  },
);

testWithData(
  "CrowS-Pairs has the published counts",
  ["crows-pairs/crows_pairs_anonymized.csv"],
  async ([path]) => {
    const { items: pairs, sha256 } = await readCrows(path!);
    expect(sha256).toBe("dfb36986ce0502abbaf7055b9176da3d08d48e07df1251991b5dfbcbceab9d0c");
    const of = (direction: string) => pairs.filter((pair) => pair.direction === direction).length;
    expect([of("stereo"), of("antistereo")]).toEqual([1290, 218]);
    expect(new Set(pairs.map(({ type }) => type)).size).toBe(9);
  },
);

testWithData("StereoSet has the published counts", ["stereoset/stereoset_reshaped.json"], async ([path]) => {
  const { items } = await readStereoSet(path!);
  expect(items).toHaveLength(4229);
  expect(items.filter(({ task }) => task === "intra")).toHaveLength(2106);
  expect(new Set(items.map(({ target }) => target.toLowerCase())).size).toBe(79);
});
