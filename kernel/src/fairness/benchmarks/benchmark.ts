/** The items of a benchmark's file, and what tells the file from another. */
export interface Benchmark<Item> {
  readonly items: readonly Item[];
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** Items of the file that are not among them, as was asked. */
  readonly leftOut: number;
}
