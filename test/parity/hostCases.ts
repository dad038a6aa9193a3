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

type Cases = Record<string, readonly [string, HostFunction]>;

/** Functions that tell `calls` where they ran. */
function telling(calls: string[]): (f: HostFunction) => HostFunction {
  return (f) => async (x, context: HostContext) => {
    calls.push(context.point);
    await Promise.resolve();
    return f(x, context);
  };
}

const sorted = (line: Float32Array) => line.slice().sort();
const turned = (line: Float32Array) => line.slice().reverse();
/** As a module's hook function of PyTorch: a softmax over heads, times the value, times four. */
const weighed = (line: Float32Array) => softmax(line).map((p, i) => p * line[i]! * 4);

/** The host edits of test/oracle/edits.py: each mixes what tensor ranks share. They tell `calls` where they ran. */
export function hostCases(calls: string[]): Cases {
  const told = telling(calls);
  return {
    hostSoftmax: ["layers.0.residual.out", told(along(-1, (line) => softmax(line).map((p) => p * 16)))],
    hostTurned: ["layers.0.residual.out[position=-1, unit=3:9]", told(along(-1, turned))],
    hostSorted: ["layers.1.mlp.hidden", told(along(-1, sorted))],
    hostHeads: ["layers.0.attention.q", told(along(1, sorted))],
    hostPattern: ["layers.1.attention.pattern", told(along(1, weighed))],
  };
}

/** The edits of gradients by functions of test/oracle/backward_edits.py. */
export function gradientHostCases(calls: string[]): Cases {
  const told = telling(calls);
  return {
    gradientHostSorted: ["layers.1.mlp.hidden", told(along(-1, sorted))],
    gradientHostTurned: ["layers.0.residual.out[position=-1, unit=3:9]", told(along(-1, turned))],
    gradientHostHeads: ["layers.1.attention.z", told(along(1, sorted))],
    gradientHostPattern: ["layers.1.attention.pattern", told(along(1, weighed))],
  };
}
