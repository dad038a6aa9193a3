import { dirname, relative, sep } from "node:path";
import protobuf from "protobufjs";
import type { Cut } from "./cut.js";
import { onnxTypes } from "./elementwise.js";
import type { Attribute, External, Node } from "./graph.js";
import type { Leaving } from "./leaving.js";
import { schema } from "./onnxSchema.js";
import type { Value } from "./value.js";

const ModelProto = protobuf.Root.fromJSON(schema).lookupType("onnx.ModelProto");

/** Versions of the ONNX specification that the graphs are written in. */
const irVersion = 10;
const opsets = [
  { domain: "", version: 21 },
  { domain: "com.microsoft", version: 1 },
];

const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** The deepest folder that holds all files; external data must lie inside the folder onnxruntime is given. */
export function weightFolder(files: Iterable<string>): string {
  const folders = [...new Set(files)].map((file) => dirname(file).split(sep));
  const [first, ...rest] = folders;
  if (!first) return sep;
  let depth = first.length;
  for (const other of rest) {
    let same = 0;
    while (same < depth && other[same] === first[same]) same++;
    depth = same;
  }
  return first.slice(0, depth).join(sep) || sep;
}

/**
 * The ONNX model of one segment; weights stay in their files, located relative to `folder`.
 *
 * @param leaving how values leave it, where not as themselves
 */
export function encodeModel(
  segment: Cut,
  folder: string,
  leaving: ReadonlyMap<Value, Leaving> = new Map(),
): Uint8Array {
  const { exchange } = segment;
  // In program order: what later segments read of the points must not change the text of this one.
  const handed = new Set(
    [...segment.outputs, ...segment.points.values(), ...(exchange ? [exchange.value] : [])].map(
      (value) => leaving.get(value)?.as ?? value,
    ),
  );
  const outputs = segment.nodes.flatMap((node) => node.outputs.filter((value) => handed.has(value)));
  return ModelProto.encode({
    irVersion,
    producerName: "vitrail",
    opsetImport: opsets,
    graph: {
      name: segment.name,
      node: segment.nodes.map(nodeProto),
      initializer: [
        ...segment.weights.map((weight) => weightProto(weight, folder)),
        ...segment.constants.map(constantProto),
      ],
      input: segment.inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
  }).finish();
}

function nodeProto(node: Node): object {
  return {
    input: present(node.inputs),
    output: node.outputs.map((value) => value.name),
    name: node.outputs[0]!.name,
    opType: node.op,
    domain: node.domain,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  };
}

/** Input names; an optional input left out in the middle is an empty name, at the end it is not written. */
function present(inputs: Node["inputs"]): string[] {
  const last = inputs.findLastIndex((value) => value !== undefined);
  return inputs.slice(0, last + 1).map((value) => value?.name ?? "");
}

function attributeProto(name: string, attribute: Attribute): object {
  const type = attributeTypes[attribute.kind];
  switch (attribute.kind) {
    case "int":
      return { name, type, i: attribute.value };
    case "float":
      return { name, type, f: attribute.value };
    case "ints":
      return { name, type, ints: attribute.value };
    case "string":
      return { name, type, s: new TextEncoder().encode(attribute.value) };
  }
}

function weightProto(value: Value, folder: string): object {
  const { file, offset, bytes } = (value.origin as { external: External }).external;
  const place = { location: relative(folder, file).split(sep).join("/"), offset, length: bytes };
  return {
    name: value.name,
    dataType: onnxTypes[value.dtype],
    dims: value.shape,
    dataLocation: 1,
    externalData: Object.entries(place).map(([key, entry]) => ({ key, value: String(entry) })),
  };
}

function constantProto(value: Value): object {
  const { bytes } = value.origin as { bytes: Uint8Array };
  return { name: value.name, dataType: onnxTypes[value.dtype], dims: value.shape, rawData: bytes };
}

function valueInfo(value: Value): object {
  const dim = value.shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name: value.name, type: { tensorType: { elemType: onnxTypes[value.dtype], shape: { dim } } } };
}
