import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { goldens } from "../goldens.fixture.js";
import { opcodeName, opcodes } from "./opcodes.js";
import { readPytorch } from "./read.js";
import { unpickle } from "./unpickle.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
function file(content: Uint8Array): string {
  const path = join(folder, `${count++}.bin`);
  writeFileSync(path, content);
  return path;
}

const bytes = (...parts: (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part as string))),
  );
const text = (value: string): Buffer => bytes("X", Buffer.from(Uint32Array.of(value.length).buffer), value);
const int = (value: number): Buffer => bytes("J", Buffer.from(Int32Array.of(value).buffer));
const ints = (...values: number[]): Buffer => bytes("(", ...values.map(int), "t");
const global = (name: string): Buffer => bytes("c", name.replace(/\.(?=\w+$)/, "\n"), "\n");
const storage = (elements: number, key: string, type: string): Buffer =>
  bytes("(", text("storage"), global(`torch.${type}Storage`), text(key), text("cpu"), int(elements), "tQ");
interface Shaped {
  type?: string;
  elements?: number;
  key?: string;
  offset?: number;
  shape?: number[];
  strides?: number[];
}
function tensor(shaped: Shaped = {}): Buffer {
  const { type = "Float", elements = 2, key = "0", offset = 0, shape = [2], strides = [1] } = shaped;
  const dict = bytes(global("collections.OrderedDict"), ")R");
  const args = [
    storage(elements, key, type),
    int(offset),
    ints(...shape),
    ints(...strides),
    bytes(0x89),
    dict,
  ];
  return bytes(global("torch._utils._rebuild_tensor_v2"), "(", ...args, "tR");
}
const state = (...items: Buffer[]): Buffer => bytes(0x80, 2, "}(", ...items, "u.");
const good = state(text("w"), tensor());

interface Entry {
  name: string;
  content: Buffer;
  method?: number;
  flags?: number;
  /** What the directory says instead of the truth. */
  size?: number;
  at?: number;
}

/** A zip archive of stored records. */
function zip(...entries: Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 0, flags = 0, size = content.length, at: said = at } of entries) {
    const head = Buffer.alloc(26);
    head.writeUInt16LE(flags, 2);
    head.writeUInt16LE(method, 4);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(size, 14);
    head.writeUInt32LE(size, 18);
    head.writeUInt16LE(name.length, 22);
    const local = bytes("PK\x03\x04", head, name, content);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(said, 10);
    directory.push(bytes("PK\x01\x02", Buffer.alloc(2), head, where, name));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return bytes(...parts, ...directory, "PK\x05\x06", end);
}

/** An archive as torch.save writes it: its directory, and the end of that, are found by numbers of 64 bits. */
function wide({ directory, end }: { directory?: bigint; end?: bigint }): Buffer {
  const whole = zip(pickle, data);
  const last = whole.subarray(-22);
  const wideEnd = Buffer.alloc(56);
  wideEnd.write("PK\x06\x06", "latin1");
  wideEnd.writeBigUInt64LE(44n, 4);
  wideEnd.writeBigUInt64LE(2n, 24);
  wideEnd.writeBigUInt64LE(2n, 32);
  wideEnd.writeBigUInt64LE(directory ?? BigInt(last.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.write("PK\x06\x07", "latin1");
  locator.writeBigUInt64LE(end ?? BigInt(whole.length - 22), 8);
  return bytes(whole.subarray(0, -22), wideEnd, locator, last);
}

const eight = Buffer.from(Float32Array.of(1, 2).buffer);
const pickle = { name: "archive/data.pkl", content: good };
const data = { name: "archive/data/0", content: eight };
const archive = (content: Buffer, ...more: Entry[]) => file(zip({ ...pickle, content }, data, ...more));

test("the archive that the others spoil is read", async () => {
  const path = archive(good);
  const [w] = await readPytorch(path);
  expect(w).toMatchObject({ name: "w", dtype: "f32", shape: [2], file: path, bytes: 8 });
  expect(readFileSync(path).subarray(w!.offset, w!.offset + w!.bytes)).toEqual(eight);
  expect(await readPytorch(file(wide({})))).toMatchObject([{ name: "w", offset: w!.offset }]);
});

describe("a malformed archive is refused in one line", () => {
  const whole = zip(pickle, data);
  const tar = Buffer.alloc(1024);
  tar.write("ustar", 257);
  const cases: Record<string, [path: string, message: string | RegExp]> = {
    empty: [file(Buffer.alloc(0)), 'is no file of torch.save: it begins with ""'],
    text: [file(Buffer.from("404: not\nfound")), 'is no file of torch.save: it begins with "404: not"'],
    "git-lfs pointer": [
      file(Buffer.from("version https://git-lfs.github.com/spec/v1\n")),
      "is a git-lfs pointer",
    ],
    "legacy tar": [file(tar), /is a tar file of PyTorch before 0\.2, .*if you trust it .*weights_only=False/],
    truncated: [file(whole.subarray(0, -30)), /End of central directory record signature not found/],
    "without its pickle": [
      file(zip(data)),
      "is a zip archive with 0 data.pkl records: torch.save writes one",
    ],
    "two pickles": [archive(good, { ...pickle, name: "other/data.pkl" }), "with 2 data.pkl records"],
    "one name twice": [archive(good, data), 'record "archive/data/0" stands there twice'],
    encrypted: [
      archive(good, { ...data, name: "archive/x", flags: 1 }),
      /record "archive\/x" is encrypted|size mismatch/,
    ],
    compressed: [
      archive(good, { ...data, name: "archive/x", method: 8 }),
      'record "archive/x" is compressed (method 8)',
    ],
    "big-endian": [
      archive(good, { name: "archive/byteorder", content: Buffer.from("big") }),
      'has byte order "big": read is "little"',
    ],
    "shared bytes": [
      archive(good, { name: "archive/data/1", content: eight, at: 0 }),
      /record "archive\/data(\.pkl|\/1)" and record "archive\/data(\.pkl|\/1)" share bytes/,
    ],
    "bytes of the directory": [
      file(zip({ ...pickle, content: state(text("w"), tensor({ elements: 30 })) }, { ...data, size: 120 })),
      'record "archive/data/0" and its directory share bytes',
    ],
    "bytes of the next record's header": [
      file(
        zip(
          { ...pickle, content: state(text("w"), tensor({ elements: 4 })) },
          { ...data, size: 16 },
          { name: "archive/data/1", content: eight },
        ),
      ),
      'record "archive/data/0" and record "archive/data/1" share bytes',
    ],
    "an empty record within another": [
      archive(good, { name: "archive/data/1", content: Buffer.alloc(0), at: 0 }),
      "share bytes",
    ],
    "beyond the file": [file(zip(pickle, { ...data, size: 5000 })), /overflows file bounds/],
    "nowhere in the file": [
      archive(good, { ...data, name: "archive/x", at: 90_000 }),
      /lies beyond the file|bounds/i,
    ],
    "a directory that is nowhere in the file": [
      file(wide({ directory: 2n ** 62n })),
      /what it says is at byte 4611686018427388000 lies beyond the file's \d+$/,
    ],
    "an end of its directory that is nowhere in the file": [
      file(wide({ end: 2n ** 63n })),
      /what it says is at byte 9223372036854776000 lies beyond the file's \d+$/,
    ],
    "name that leaves": [archive(good, { ...data, name: "../x" }), /invalid relative path/],
    "no storage": [
      archive(state(text("w"), tensor({ key: "7" }))),
      'is in storage "7", which the archive lacks',
    ],
    "storage of another length": [
      archive(state(text("w"), tensor({ elements: 3 }))),
      'tensor "w": storage "0" of 3 f32 takes 12 bytes, and its record has 8',
    ],
    "one storage of two types": [
      archive(state(text("w"), tensor(), text("v"), tensor({ type: "Half", elements: 4 }))),
      'tensor "v" is in storage "0" as f16, and tensor "w" as f32',
    ],
    "beyond its storage": [
      archive(state(text("w"), tensor({ offset: 1 }))),
      'tensor "w" [2] begins at element 1 and ends beyond its storage of 2',
    ],
    "larger than its storage": [
      archive(state(text("w"), tensor({ shape: [3] }))),
      "ends beyond its storage of 2",
    ],
    "overflowing shape": [
      archive(state(text("w"), tensor({ shape: Array(40).fill(2 ** 30), strides: Array(40).fill(1) }))),
      "has strides",
    ],
    "negative offset": [
      archive(state(text("w"), tensor({ offset: -1 }))),
      "the offset of a tensor is -1, not a size",
    ],
    "negative size": [
      archive(state(text("w"), tensor({ shape: [-1] }))),
      "a number in a shape is -1, not a size",
    ],
    "fewer strides": [
      archive(state(text("w"), tensor({ strides: [] }))),
      "a tensor has 1 sizes and 0 strides",
    ],
    "one name for two tensors": [
      archive(state(text("w"), tensor(), text("w"), tensor())),
      'the name "w" stands twice in one dictionary',
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, [path, message]) => {
    await expect(readPytorch(path)).rejects.toThrow(message);
    await expect(readPytorch(path)).rejects.toThrow(/^[^\n]+$/);
  });
});

test("strides of sizes of one lead nowhere", async () => {
  const path = archive(state(text("w"), tensor({ shape: [1, 2, 1], strides: [77, 1, 5] })));
  expect((await readPytorch(path))[0]).toMatchObject({ shape: [1, 2, 1], bytes: 8 });
});

describe("the unpickler", () => {
  const data =
    "PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE";
  const containers =
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS";
  const rest = "BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL BINPERSID REDUCE BUILD";
  const known = new Set(`${data} ${containers} ${rest}`.split(" "));

  test("refuses every opcode that torch.save does not need, by its name", () => {
    const refused: string[] = [];
    for (let byte = 0; byte < 256; byte++) {
      const name = opcodeName(byte);
      if (known.has(name)) continue;
      expect(() => unpickle(bytes(0x80, 2, "}", byte, "xxxxxxxxxxxx"))).toThrow(
        `byte 3: opcode ${name} is refused`,
      );
      refused.push(name);
    }
    expect(refused).toContain("NEWOBJ");
    expect(refused).toContain("INST");
    expect(refused.length).toBe(256 - known.size);
    expect(Object.keys(opcodes).length).toBe(68);
  });

  const call = (name: string) => bytes(0x80, 2, global(name), ")R.");
  test.each([
    "os.system",
    "builtins.eval",
    "torch.load",
    "collections.OrderedDict.fromkeys",
    "torch._utils.__class__",
  ])("refuses the global %s", (name) =>
    expect(() => unpickle(call(name))).toThrow(`byte 2: global "${name}" is refused: known are`),
  );

  test.each<[string, Buffer, string]>([
    [
      "a global by two texts",
      bytes(0x80, 4, 0x8c, 2, "os", 0x8c, 6, "system", 0x93, "."),
      'global "os.system" is refused',
    ],
    [
      "a global of a name of two lines",
      bytes(0x80, 4, 0x8c, 1, "a", 0x8c, 2, "\nb", 0x93, "."),
      String.raw`"a.\nb"`,
    ],
    ["a global of no texts", bytes(0x80, 4, "K", 1, "K", 2, 0x93, "."), "a global is not named by texts"],
    ["a call of no global", bytes(0x80, 2, text("x"), ")R."), "a call of string with 0 arguments is refused"],
    [
      "a call of a storage type",
      call("torch.FloatStorage"),
      "a call of global torch.FloatStorage with 0 arguments",
    ],
    [
      "a dictionary made from items",
      bytes(global("collections.OrderedDict"), "K", 1, 0x85, "R."),
      "with 1 arguments is refused",
    ],
    [
      "arguments that are no tuple",
      bytes(global("collections.OrderedDict"), "]R."),
      "arguments are a list, not a tuple",
    ],
    ["tensors of odd arguments", call("torch._utils._rebuild_tensor_v2"), "has odd arguments: "],
    ["parameters of odd arguments", call("torch._utils._rebuild_parameter"), "has odd arguments: "],
    ["a state of a text", bytes(text("x"), "}b."), "a string with a state (dict) is refused"],
    ["a state that is no dictionary", bytes("}", text("x"), "b."), "a dict with a state (string) is refused"],
    ["a persistent id that is no tuple", bytes(text("x"), "Q."), "a persistent id is not a tuple of five"],
    [
      "a persistent id of no storage",
      bytes("(NNNNNtQ."),
      "a persistent id names no storage: None, None, None, None",
    ],
    ["protocol 1", bytes(0x80, 1, "N."), "pickle protocol 1 is not read: 2 to 5 are"],
    ["protocol 6", bytes(0x80, 6, "N."), "pickle protocol 6 is not read"],
    ["a key of no text", bytes("}K", 1, "Ns."), "a key is a number, not a text"],
    ["a key without a value", bytes("}(", text("a"), "u."), "a key has no value"],
    ["items of a list", bytes("](", text("a"), "Nu."), "setting items of a list is refused"],
    ["appending to a dictionary", bytes("}Na."), "appending to a dict is refused"],
    ["an empty stack", bytes("."), "it stops with 0 values on the stack, not one"],
    ["two values", bytes("NN."), "it stops with 2 values on the stack, not one"],
    ["an open mark", bytes("(N."), "not one"],
    ["no mark", bytes("Nt."), "there is no mark"],
    ["a pop of nothing", bytes("R."), "the stack is empty"],
    ["what was never remembered", bytes("h", 3, "."), "nothing was remembered as 3"],
    ["bytes after the end", bytes("N.N"), "1 bytes follow the end"],
    [
      "a text beyond the end",
      bytes("X", 0xff, 0xff, 0xff, 0xff, "a"),
      "the pickle ends 4294967294 bytes too early",
    ],
    ["a text that is not utf-8", bytes("X", 1, 0, 0, 0, 0xff, "."), "not valid"],
    ["an integer that is cut off", bytes(0x8a, 9, Buffer.alloc(4)), "the pickle ends 5 bytes too early"],
    ["an integer of nine bytes", bytes(0x8a, 9, Buffer.alloc(9, 0x7f), "."), "is beyond any size"],
    ["a name that does not end", bytes("cos"), "a global's name does not end"],
    ["nothing", Buffer.alloc(0), "byte 0: the pickle ends 1 bytes too early"],
  ])("refuses %s", (_, content, message) => {
    expect(() => unpickle(content)).toThrow(message);
    expect(() => unpickle(content)).toThrow(/^byte \d+: [^\n]+$/);
  });

  test("reads integers of any length that a size can have", () => {
    const long = (...digits: number[]) => unpickle(bytes(0x8a, digits.length, Buffer.from(digits), "."));
    expect([long(), long(0xff), long(0, 0, 0, 0, 1), long(0x7f)]).toEqual([0, -1, 2 ** 32, 127]);
  });

  test("survives a list that holds itself, and a million open marks", () => {
    expect(unpickle(bytes("]q", 0, "h", 0, "a."))).toHaveProperty("kind", "list");
    expect(() => unpickle(Buffer.alloc(1_000_000, "("))).toThrow(
      "byte 1000000: the pickle ends 1 bytes too early",
    );
  });

  test("of any byte changed or cut off, makes data or one line", () => {
    const path = join(goldens, "pytorch/views/pytorch_model.bin");
    const content = readFileSync(path);
    const start = content.indexOf(Buffer.of(0x80, 2, 0x7d));
    const real = content.subarray(start, content.indexOf(Buffer.from("u."), start) + 2);
    expect(unpickle(real)).toHaveProperty("entries.size", 18);
    let refused = 0;
    for (let at = 0; at < real.length; at++) {
      for (const spoilt of [
        real.subarray(0, at),
        ...[1, 0x80, 0xff].map((bits) => flipped(real, at, bits)),
      ]) {
        try {
          unpickle(spoilt);
        } catch (error) {
          refused++;
          expect((error as Error).constructor).toBe(Error);
          expect((error as Error).message).toMatch(/^byte \d+: [^\n]+$/);
        }
      }
    }
    expect(refused).toBeGreaterThan(real.length);
  });
});

function flipped(content: Buffer, at: number, bits: number): Buffer {
  const copy = Buffer.from(content);
  copy[at]! ^= bits;
  return copy;
}
