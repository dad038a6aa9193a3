import { expect, test } from "vitest";
import { editGradient, scale } from "../hooks/index.js";
import { Session } from "../session/session.js";
import { opt, ownRuntime, quiet } from "../session/sessions.fixture.js";
import { attributionPatching, directLogitAttribution, integratedGradients } from "./index.js";

ownRuntime();

const ids = [5, 9, 20, 33, 41];
const metric = { correct: 17, wrong: 23 };

test("lenses that go by gradients go by lasting edits of them, at the logits too, and are not kept from running", async () => {
  const session = await Session.open(opt, quiet);
  const direct = async () => {
    const found = await directLogitAttribution(session, ids, { metric });
    return { whole: found.whole, parts: [found.embedding, ...found.heads.flat(), ...found.mlps] };
  };
  const patching = async () =>
    (await attributionPatching(session, { clean: ids, corrupt: [5, 8, 20, 33, 41], metric })).values.flat();
  const integrated = async () => [
    ...(await integratedGradients(session, ids, { metric, quiet: true, steps: 4 })).values,
  ];
  const bare = { direct: await direct(), patching: await patching(), integrated: await integrated() };
  session.hooks.add(editGradient("layers.0.residual.out", scale(2)), { name: "early" });
  // What is sent through the stream is stopped there, so that nothing of it is edited.
  expect(await direct()).toEqual(bare.direct);
  session.hooks.remove("early");
  session.hooks.add(editGradient("logits", scale(2)));
  const twice = (found: readonly number[], than: readonly number[]) => {
    expect(Math.max(...than.map(Math.abs))).toBeGreaterThan(1e-2);
    found.forEach((x, i) => expect(x).toBeCloseTo(2 * than[i]!, 4));
  };
  const edited = await direct();
  expect(edited.whole).toBeCloseTo(bare.direct.whole, 4);
  twice(edited.parts, bare.direct.parts);
  twice(await patching(), bare.patching);
  twice(await integrated(), bare.integrated);
  await session.close();
});
