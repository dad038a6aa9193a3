import { byteLevelAlphabet } from "tokenizers";
import { expect, it } from "vitest";
import { textOfBytes, textOfToken } from "./tokenText.js";

it("knows the 256 letters that the library uses for bytes", () => {
  const shown = byteLevelAlphabet().map((letter) => textOfToken(letter, "byteLevel"));
  const ascii = Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte));
  const rest = Array.from({ length: 128 }, (_, i) => `<0x${(128 + i).toString(16).toUpperCase()}>`);
  expect(new Set(shown)).toEqual(new Set([...ascii, ...rest]));
});

it("shows a space as a space in either spelling", () => {
  expect(textOfToken("Ġhe", "byteLevel")).toBe(" he");
  expect(textOfToken("▁he", "sentencePiece")).toBe(" he");
  expect(textOfToken("▁he", "plain")).toBe("▁he");
});

it("writes bytes that are no whole character in angle brackets", () => {
  const smile = new TextEncoder().encode("😀");
  expect(textOfBytes(smile)).toBe("😀");
  expect(textOfBytes(smile.subarray(0, 3))).toBe("<0xF0><0x9F><0x98>");
  expect(textOfBytes(Uint8Array.of(0x20, 0xc3, 0x41, 0x80, 0xc3, 0xa9))).toBe(" <0xC3>A<0x80>é");
  expect(textOfToken("<0xF0>", "sentencePiece")).toBe("<0xF0>");
  expect(textOfToken("<0x0A>", "sentencePiece")).toBe("\n");
});

it("keeps a byte order mark", () => {
  expect(textOfBytes(new TextEncoder().encode("\ufeffa"))).toBe("\ufeffa");
});

it("shows a word that is not spelt in bytes as it is written", () => {
  expect(textOfToken("光 x", "byteLevel")).toBe("光 x");
});
