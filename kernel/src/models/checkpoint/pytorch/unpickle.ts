import { quoted } from "../oneLine.js";
import { apply, globalNamed, isKind, storageOf } from "./globals.js";
import { opcodeName, opcodes } from "./opcodes.js";
import { kindOf, type Pickled } from "./values.js";

/**
 * Read a pickle of tensors and dictionaries as data. It is a stack machine (Python's `pickletools` describes it) with
 * the opcodes that torch.save writes for such things; every other opcode, and every unknown global, is refused by its
 * name, and nothing that a file holds is ever run.
 *
 * Throws one line with the byte at which it stopped.
 */
export function unpickle(bytes: Buffer): Pickled {
  const machine = new Machine(bytes);
  try {
    return machine.run();
  } catch (error) {
    throw new Error(`byte ${machine.at}: ${(error as Error).message}`);
  }
}

class Machine {
  /** Where the opcode that is running stands. */
  at = 0;
  #next = 0;
  #stack: Pickled[] = [];
  /** Stacks that wait below an open MARK. */
  #marks: Pickled[][] = [];
  #memo = new Map<number, Pickled>();
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): Pickled {
    for (;;) {
      this.at = this.#next;
      const byte = this.#take(1)[0]!;
      const name = opcodeName(byte);
      if (name === "STOP") return this.#end();
      const step = byte in opcodes ? this.#steps[name] : undefined;
      if (step === undefined) throw new Error(`opcode ${name} is refused`);
      step();
    }
  }

  readonly #steps: Readonly<Record<string, () => void>> = {
    PROTO: () => {
      const protocol = this.#take(1)[0]!;
      if (protocol < 2 || protocol > 5)
        throw new Error(`pickle protocol ${protocol} is not read: 2 to 5 are`);
    },
    FRAME: () => void this.#take(8),
    MARK: () => {
      this.#marks.push(this.#stack);
      this.#stack = [];
    },

    NONE: () => this.#push(null),
    NEWTRUE: () => this.#push(true),
    NEWFALSE: () => this.#push(false),
    BININT: () => this.#push(this.#take(4).readInt32LE()),
    BININT1: () => this.#push(this.#take(1)[0]!),
    BININT2: () => this.#push(this.#take(2).readUInt16LE()),
    LONG1: () => this.#push(this.#long(this.#take(this.#take(1)[0]!))),
    BINFLOAT: () => this.#push(this.#take(8).readDoubleBE()),
    BINUNICODE: () => this.#push(this.#text(this.#take(4).readUInt32LE())),
    SHORT_BINUNICODE: () => this.#push(this.#text(this.#take(1)[0]!)),

    EMPTY_TUPLE: () => this.#push({ kind: "tuple", items: [] }),
    TUPLE: () => this.#push({ kind: "tuple", items: this.#sinceMark() }),
    TUPLE1: () => this.#push({ kind: "tuple", items: this.#pops(1) }),
    TUPLE2: () => this.#push({ kind: "tuple", items: this.#pops(2) }),
    TUPLE3: () => this.#push({ kind: "tuple", items: this.#pops(3) }),
    EMPTY_LIST: () => this.#push({ kind: "list", items: [] }),
    APPEND: () => this.#append(this.#pops(1)),
    APPENDS: () => this.#append(this.#sinceMark()),
    EMPTY_DICT: () => this.#push({ kind: "dict", entries: new Map() }),
    SETITEM: () => this.#setItems(this.#pops(2)),
    SETITEMS: () => this.#setItems(this.#sinceMark()),

    BINPUT: () => this.#remember(this.#take(1)[0]!),
    LONG_BINPUT: () => this.#remember(this.#take(4).readUInt32LE()),
    MEMOIZE: () => this.#remember(this.#memo.size),
    BINGET: () => this.#recall(this.#take(1)[0]!),
    LONG_BINGET: () => this.#recall(this.#take(4).readUInt32LE()),

    GLOBAL: () => this.#push(globalNamed(`${this.#line()}.${this.#line()}`)),
    STACK_GLOBAL: () => {
      const [module, name] = this.#pops(2);
      if (typeof module !== "string" || typeof name !== "string")
        throw new Error("a global is not named by texts");
      this.#push(globalNamed(`${module}.${name}`));
    },
    BINPERSID: () => this.#push(storageOf(this.#pops(1)[0])),
    REDUCE: () => {
      const [callee, args] = this.#pops(2);
      this.#push(apply(callee, args));
    },
    // The attributes of an ordered dictionary (`_metadata`, versions of modules) say nothing about its tensors.
    BUILD: () => {
      const [target, state] = this.#pops(2);
      if (!isKind(target, "dict") || !isKind(state, "dict")) {
        throw new Error(`a ${kindOf(target)} with a state (${kindOf(state)}) is refused`);
      }
      this.#push(target);
    },
  };

  #take(count: number): Buffer {
    const part = this.#bytes.subarray(this.#next, this.#next + count);
    if (part.length < count) throw new Error(`the pickle ends ${count - part.length} bytes too early`);
    this.#next += count;
    return part;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#next);
    if (end === -1) throw new Error("a global's name does not end");
    const text = this.#text(end - this.#next);
    this.#next = end + 1;
    return text;
  }

  #text(length: number): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#take(length));
  }

  #long(digits: Buffer): number {
    let value = 0n;
    digits.forEach((digit, i) => (value |= BigInt(digit) << BigInt(8 * i)));
    const signed = BigInt.asIntN(8 * digits.length, value);
    if (!Number.isSafeInteger(Number(signed))) throw new Error(`the integer ${signed} is beyond any size`);
    return Number(signed);
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pops(count: number): Pickled[] {
    if (this.#stack.length < count) throw new Error("the stack is empty");
    return this.#stack.splice(this.#stack.length - count);
  }

  #top(): Pickled {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error("the stack is empty");
    return top;
  }

  #sinceMark(): Pickled[] {
    const items = this.#stack;
    const below = this.#marks.pop();
    if (below === undefined) throw new Error("there is no mark");
    this.#stack = below;
    return items;
  }

  #append(items: readonly Pickled[]): void {
    const list = this.#top();
    if (!isKind(list, "list")) throw new Error(`appending to a ${kindOf(list)} is refused`);
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly Pickled[]): void {
    const dict = this.#top();
    if (!isKind(dict, "dict")) throw new Error(`setting items of a ${kindOf(dict)} is refused`);
    if (items.length % 2 !== 0) throw new Error("a key has no value");
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== "string") throw new Error(`a key is a ${kindOf(key)}, not a text`);
      if (dict.entries.has(key)) throw new Error(`the name ${quoted(key)} stands twice in one dictionary`);
      dict.entries.set(key, items[i + 1]!);
    }
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Error(`nothing was remembered as ${index}`);
    this.#push(value);
  }

  #end(): Pickled {
    const [value] = this.#stack;
    if (value === undefined || this.#stack.length > 1 || this.#marks.length > 0) {
      throw new Error(`it stops with ${this.#stack.length} values on the stack, not one`);
    }
    if (this.#next !== this.#bytes.length)
      throw new Error(`${this.#bytes.length - this.#next} bytes follow the end`);
    return value;
  }
}
