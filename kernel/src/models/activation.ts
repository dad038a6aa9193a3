import type { Value } from "../graph/value.js";

type Activation = (x: Value) => Value;

const activations: Readonly<Record<string, Activation>> = {
  relu: (x) => x.relu(),
  gelu: (x) => x.gelu(),
  gelu_new: (x) => x.gelu("tanh"),
  gelu_fast: (x) => x.gelu("tanh"),
  gelu_pytorch_tanh: (x) => x.gelu("tanh"),
  silu: (x) => x.silu(),
  swish: (x) => x.silu(),
};

/** The activation function of a Hugging Face config. Throws with the supported names for any other. */
export function activation(field: string, name: string): Activation {
  const found = activations[name];
  if (!found) {
    throw new Error(
      `config field "${field}" is "${name}": supported are ${Object.keys(activations).join(", ")}`,
    );
  }
  return found;
}
