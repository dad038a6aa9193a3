import { build } from "../kernel/setup/build.mjs";

/** Before any test: the kernel, unless it has been built from what is there. */
export const setup = () => build(["kernel"]);
