import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { printAdapters } from "../engine/adapters/adapter.js";
import { inspectAdapters } from "../engine/adapters/inspect.js";
import { trySharedMemory } from "../engine/plan/host.js";
import { segmentBytes } from "../engine/plan/plan.js";
import { cInterface } from "../engine/runtime/cInterface.js";
import { libraryFolder } from "../engine/runtime/cTable.js";
import { freeMemory } from "../engine/plan/memory.js";
import { printBytes } from "../models/checkpoint/printBytes.js";
import { runtimeFolder } from "./folder.js";
import { versions } from "./provenance.js";

/** One line of the doctor's report. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  /** Whether something that sessions need is missing; what is merely absent is well. */
  readonly well: boolean;
}

const oldestNode = [20, 19] as const;

/** What this machine offers to sessions. Starts none. */
export function examine(): Finding[] {
  const { vitrail = "", node = "" } = versions();
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const recent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const sharedMemory = trySharedMemory(segmentBytes({ pipeline: 1, data: 1, tensor: 2 }));
  return [
    { what: "vitrail", found: vitrail, well: true },
    {
      what: "node",
      found: recent ? node : `${node}: at least ${oldestNode.join(".")} is needed`,
      well: recent,
    },
    {
      what: "system",
      found: `${process.platform} ${process.arch}, ${availableParallelism()} cores`,
      well: true,
    },
    { what: "free memory", found: printBytes(freeMemory()), well: true },
    ...examineRuntime(),
    ...examineAdapters(),
    {
      what: "shared memory",
      found: sharedMemory === undefined ? "yes" : `no, tensor ranks meet over sockets (${sharedMemory})`,
      well: true,
    },
    { what: "sessions", found: runtimeFolder(), well: true },
  ];
}

function examineRuntime(): Finding[] {
  const what = "onnxruntime";
  try {
    const { onnxruntime = "" } = versions();
    const backends = cInterface()
      .availableProviders()
      .map((name) => name.replace(/ExecutionProvider$/, "").toLowerCase());
    const missing = ["shared", "cuda"]
      .map((each) => `libonnxruntime_providers_${each}.so`)
      .filter((file) => !existsSync(join(libraryFolder(), file)));
    return [
      { what, found: onnxruntime, well: true },
      { what: "backends", found: backends.join(", "), well: true },
      {
        what: "cuda",
        found: missing.length === 0 ? "libraries found" : `no, ${missing.join(" and ")} not there`,
        well: true,
      },
    ];
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    return [{ what, found: `cannot be loaded: ${line}`, well: false }];
  }
}

/** What a number behind `webgpu:` means here. */
function examineAdapters(): Finding[] {
  const what = "webgpu";
  try {
    const adapters = inspectAdapters();
    return adapters === undefined ? [] : [{ what, found: printAdapters(adapters), well: true }];
  } catch (error) {
    return [{ what, found: `no, ${(error as Error).message}`, well: true }];
  }
}
