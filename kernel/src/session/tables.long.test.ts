import { inspect } from "node:util";
import { expect, test } from "vitest";
import { bundleOf, type Displayable } from "../display/index.js";
import { capture, edit, zero } from "../hooks/index.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows } from "./sessions.fixture.js";

ownRuntime();

const text = (shown: Displayable) => String(bundleOf(shown).data["text/plain"]);

test("a session, its workers, the list of sessions and an estimate show as tables, and stay data", async () => {
  const session = await Session.open(opt, { ...quiet, name: "shown", mesh: { pipeline: 2 } });
  const about = inspect(session);
  expect(about).toMatch(/^session +shown\n/);
  expect(about).toContain("3 layers, 4 heads, 40 units");
  expect(about).toMatch(/hooks +none live/);
  const hook = session.hooks.add(edit("norm", zero()));
  session.hooks.add(capture("norm"));
  hook.disable();
  expect(inspect(session)).toMatch(/hooks +1 live, 1 disabled/);

  const status = await session.status();
  expect(text(status).split("\n")).toHaveLength(3 + status.ranks.length);
  expect(text(status)).toMatch(
    /^shown · ready · pipeline 2 × tensor 1 · .* of weights, .* resident · 1 client\n/,
  );
  expect(text(status)).toMatch(/\n0 +cpu .* ready +\d+ MB/);

  const list = await Session.list();
  expect(text(list)).toMatch(/^1 session\n/);
  expect(text(list)).toMatch(/\nshown +.*opt +pipeline 2 × tensor 1 +as published +1 /);

  // The lasting capture is part of it.
  const estimate = await session.estimate(rows, { logits: "none", hooks: [capture("layers.*.mlp.hidden")] });
  expect(text(estimate)).toMatch(/^13 kB would come back\n/);
  expect(text(estimate)).toMatch(/\nlayers\.1\.mlp\.hidden +\[2, 5, 96\] +4 kB\n/);
  expect(JSON.parse(JSON.stringify(estimate))).toEqual({ ...estimate });
  await session.close();
  expect(text(await Session.list())).toMatch(/^no session is open\n/);
});
