// A kernel with one more comm target, which sends back what it gets.
import { readConnection } from "../../kernel/dist/jupyter/supervisor/connection.js";
import { Kernel } from "../../kernel/dist/jupyter/supervisor/kernel.js";

const echo = {
  open: (comm, first) => {
    comm.send({ opened: first.data });
    return { message: ({ data, buffers }) => comm.send(data, buffers), closed: () => {} };
  },
};

await new Kernel(readConnection(process.argv[2]), {
  targets: new Map([["echo", echo]]),
  sessionUsed: () => {},
}).serve();
process.exit(0);
