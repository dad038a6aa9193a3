export { attention, clear, display, html, markdown, png, progress, table } from "./display/index.js";
export { capture } from "./hooks/index.js";
export { demoCheckpoint } from "./models/demo/find.js";
export { CancelledError } from "./session/client.js";
export { Session } from "./session/session.js";
export type {
  Captured,
  Estimate,
  ForwardOptions,
  Input,
  OpenOptions,
  PointRow,
  PointTable,
  Run,
  SessionStatus,
  SessionSummary,
  Token,
} from "./session/types.js";
