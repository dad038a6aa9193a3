import { expect, test } from "vitest";
import { Session } from "../../session/session.js";
import { opt, ownRuntime, quiet } from "../../session/sessions.fixture.js";
import { verbaliser } from "./verbaliser.js";

ownRuntime();

test("a word that stands twice is refused, with where", async () => {
  const session = await Session.open(opt, quiet);
  expect((await verbaliser(session, [[7, 9], 8])).sizes).toEqual([2, 1]);
  await expect(verbaliser(session, [[7, 9], 7])).rejects.toThrow("label word 7 stands for two classes");
  await expect(verbaliser(session, [8, [7, 9, 7]])).rejects.toThrow("label word 7 stands twice for class 1");
  await session.close();
});
