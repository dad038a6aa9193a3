import { describe, expect, test } from "vitest";
import { parseJsonObject } from "./json.js";

const parse = (text: string | Uint8Array) =>
  parseJsonObject(typeof text === "string" ? Buffer.from(text) : text, "config.json");

test("an object is read as it is", () => {
  const text = '{ "a": {"a": [1, {"a": "NaN"}, "\\"a\\": {,"], "b": 1e308}, "b": null, "\\u0063": -0.5 }\n';
  expect(parse(text)).toEqual(JSON.parse(text));
});

describe("what has no one meaning is refused in one line", () => {
  test.each([
    ["a name twice", '{"a": 1, "b": {"a": 1}, "a": 1}', 'config.json names "a" twice in one object'],
    ["a name twice, below", '{"x": [{"a": 1}, {"a": 1, "b": [], "a": 2}]}', 'names "a" twice'],
    ["a name twice, spelled otherwise", '{"a": 1, "\\u0061": 2}', 'names "a" twice'],
    ["Python's NaN", '{"eps": NaN}', "config.json holds NaN, not a number"],
    [
      "Python's infinity",
      '{"a": "NaN", "eps": [\n1, -Infinity]}',
      "config.json holds -Infinity, not a number",
    ],
    ["a number beyond a double", '{"a": {"eps": [0, 1e999]}}', 'holds a number beyond a double at "a.eps.1"'],
    ["no object", "[1]", "config.json holds no json object at its top"],
    ["null", "null", "holds no json object at its top"],
    ["broken off", '{"a": 1,\n\n', /^config\.json is not json: [^\n]+$/],
    ["nothing", "", /^config\.json is not json: [^\n]+$/],
    ["line breaks near the fault", '{"a"\n:\n!\n}', /^config\.json is not json: [^\n]+$/],
    ["what steers a terminal", '{"a":\u001b[2J}', /^config\.json is not json: \P{Cc}+$/u],
    ["a byte order mark", '\ufeff{"a": 1}', /^config\.json is not json: [^\n]+$/],
    ["latin-1", Buffer.from('{"a": "é"}', "latin1"), "config.json is not utf-8 text"],
  ])("%s", (_, text, message) => expect(() => parse(text)).toThrow(message));
});

test("a long text and deep nesting are read", () => {
  expect(parse(`{"a": "${"x".repeat(1e6)}", "b": ${"[".repeat(500)}${"]".repeat(500)}}`)).toHaveProperty("b");
});
