import type { HostContext, HostFunction } from "../../kernel/src/index.js";

/** A function of each line of a value along one axis, as a notebook would write it. */
function along(axis: number, of: (line: Float32Array) => Float32Array): HostFunction {
  return ({ data, shape }) => {
    const at = (axis + shape.length) % shape.length;
    const stride = shape.slice(at + 1).reduce((a, b) => a * b, 1);
    const size = shape[at]!;
    const out = new Float32Array(data.length);
    for (let start = 0; start < data.length; start++) {
      if (Math.floor(start / stride) % size !== 0) continue;
      const places = Array.from({ length: size }, (_, i) => start + i * stride);
      of(Float32Array.from(places, (place) => data[place]!)).forEach((value, i) => (out[places[i]!] = value));
    }
    return { shape, data: out };
  };
}

function softmax(line: Float32Array): Float32Array {
  const powers = line.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The host edits of test/oracle/edits.py: each mixes what tensor ranks share. They tell `calls` where they ran. */
export function hostCases(calls: string[]): Record<string, readonly [string, HostFunction]> {
  const told = (f: HostFunction): HostFunction => {
    return async (x, context: HostContext) => {
      calls.push(context.point);
      await Promise.resolve();
      return f(x, context);
    };
  };
  const sorted = (line: Float32Array) => line.slice().sort();
  return {
    hostSoftmax: ["layers.0.residual.out", told(along(-1, (line) => softmax(line).map((p) => p * 16)))],
    hostTurned: [
      "layers.0.residual.out[position=-1, unit=3:9]",
      told(along(-1, (line) => line.slice().reverse())),
    ],
    hostSorted: ["layers.1.mlp.hidden", told(along(-1, sorted))],
    hostHeads: ["layers.0.attention.q", told(along(1, sorted))],
    hostPattern: [
      "layers.1.attention.pattern",
      told(along(1, (line) => softmax(line).map((p, i) => p * line[i]! * 4))),
    ],
  };
}
