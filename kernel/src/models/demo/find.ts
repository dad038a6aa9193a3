import { existsSync } from "node:fs";
import { aside, keptFolder } from "../checkpoint/kept.js";
import { makeDemo } from "./make.js";

/** Folder of the demo checkpoint, which is made when it is missing and kept where `keptFolder` says. */
export function demoCheckpoint(): string {
  const place = keptFolder("demo");
  if (existsSync(place)) return place;
  const made = aside(place);
  try {
    makeDemo(made.folder);
    made.publish();
  } finally {
    made.discard();
  }
  return place;
}
