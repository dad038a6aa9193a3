/** What a result must know about its origin so that it can be made again. Holds no clock time: equal runs give equal bytes. */
export interface Provenance {
  /** Folder name or hub id the session was opened with. */
  readonly model: string;
  /** Fingerprint of the checkpoint. */
  readonly fingerprint: string;
  /** Printed mesh, e.g. `pipeline 2 × tensor 1`. */
  readonly mesh: string;
  readonly devices: readonly string[];
  readonly dtype: string;
  /** Seed of whatever was random, or null when nothing was. */
  readonly seed: number | null;
  /** Versions of vitrail, node and onnxruntime. */
  readonly versions: Readonly<Record<string, string>>;
  /** Parameters that were edited, each with the SHA-256 of its float32 values; left out when none was. */
  readonly edited?: readonly string[];
  /** SHA-256 of the rows of token ids that were read, as JSON; left out of what reads several inputs, or none. */
  readonly tokens?: string;
  /** The call in one line, e.g. `forward("The nurse…", capture("layers.*.attention.pattern"))`. */
  readonly call: string;
}
