import { expect, test } from "vitest";
import { add, edit, editGradient, set, trainable } from "../../hooks/index.js";
import { Session } from "../session.js";
import { opt, ownRuntime, quiet, rows } from "../sessions.fixture.js";
import type { BackwardOptions } from "./types.js";

ownRuntime();

const point = "layers.1.residual.out";
const units = 40;
const [row] = rows;

test.each([{}, { mesh: { data: 2 } }, { mesh: { data: 3 } }])(
  "what is written into a gradient comes to a module once for each token, with fewer rows than replicas (%j)",
  async (mesh) => {
    const session = await Session.open(opt, { ...quiet, ...mesh });
    const shift = trainable("shift", { b: new Float32Array(units) }, (x, p) => x.add(p.b));
    const loss: BackwardOptions["loss"] = ({ logits }) => logits.mul(logits).mean([0, 1, 2]);
    const ofShift = async (hooks: BackwardOptions["hooks"] = []) =>
      (await session.backward([row!], { loss, hooks: [edit(point, shift), ...hooks] })).trained["shift"]![
        "b"
      ]!.data;
    const bare = await ofShift();
    // The gradient of what is added to every token is the sum of the tokens'.
    (await ofShift([editGradient(point, set(0.5))])).forEach((x) =>
      expect(x).toBeCloseTo(0.5 * row!.length, 5),
    );
    const more = await ofShift([editGradient(`${point}[unit=3]`, add(1))]);
    more.forEach((x, unit) => expect(x).toBeCloseTo(bare[unit]! + (unit === 3 ? row!.length : 0), 5));
    await session.close();
  },
);
