import { expect, test } from "vitest";
import { requestsOf, requestsText } from "./requests.js";

test("requests come back as they were written, of equal texts the same", () => {
  const entries = { kind: "range", from: -4, to: null } as const;
  const requests = [
    { key: "run:logits", point: "logits", slices: [] },
    { key: "embedding", point: "embedding", slices: [{ axis: 1, entries }] },
  ];
  const read = requestsOf(requestsText(requests));
  expect(read).toEqual(requests);
  expect(requestsOf(requestsText(requests))).toBe(read);
  expect(requestsOf(requestsText(requests.slice(1)))).toEqual(requests.slice(1));
});

test.each(["embedding", '["embedding"]', '[["key","point",[{"axis":-1}]]]'])("%s is refused", (text) => {
  expect(() => requestsOf(text)).toThrow(`requests are no list of hook points: ${text}`);
});
