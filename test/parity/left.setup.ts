import { readdirSync } from "node:fs";
import { afterAll, expect } from "vitest";
import { namesWaiting, runtime } from "./sessions.js";

// When a test file ends, nothing is left of the sessions that it closed.
afterAll(() => expect(readdirSync(runtime).sort()).toEqual(namesWaiting().sort()));
