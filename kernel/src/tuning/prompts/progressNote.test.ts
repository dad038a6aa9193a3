import { expect, test } from "vitest";
import { progressNote } from "./progressNote.js";

test("loss and accuracy of training stand beside the bar, that of validation once there is one", () => {
  const standing = { epoch: 1, loss: 0.69315, accuracy: 0.625, validation: undefined };
  expect(progressNote(standing)).toBe("epoch 1, loss 0.693, training 62.5 %");
  expect(progressNote({ ...standing, epoch: 2, validation: 1 / 3 })).toBe(
    "epoch 2, loss 0.693, training 62.5 %, validation 33.3 %",
  );
});
