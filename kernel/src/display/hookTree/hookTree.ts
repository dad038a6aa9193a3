import { inspect } from "node:util";
import { displaySymbol, type Bundle, type Displayable } from "../bundle.js";
import { hookTreeType, treeHeadlines, type HookTreePayload } from "../payload/hookTree.js";
import { treePicture } from "./picture.js";
import { treeText } from "./words.js";

/** A tree of hook points ready to be shown. */
export interface HookTree extends Displayable {
  readonly payload: HookTreePayload;
  readonly bundle: Bundle;
}

/** Hook points in forward order with the hooks that act at them: a tree in JupyterLab, a picture and text elsewhere. */
export function hookTree(payload: HookTreePayload): HookTree {
  const { png, width, height } = treePicture(payload);
  const text = treeText(payload);
  const alt = `${payload.model}: ${treeHeadlines(payload).join("; ")}`;
  const bundle: Bundle = {
    data: { [hookTreeType]: payload, "image/png": png.toString("base64"), "text/plain": text },
    metadata: { "image/png": { alt, width, height } },
  };
  const made = { payload, bundle, [displaySymbol]: () => bundle, [inspect.custom]: () => text };
  return made;
}
