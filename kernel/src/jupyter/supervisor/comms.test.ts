import { expect, test } from "vitest";
import { Comms, type CommTarget } from "./comms.js";
import type { RequestContent } from "./request.js";
import type { Outgoing } from "./sockets.js";
import { Wire } from "./wire.js";

const wire = new Wire("");

function request<T extends "comm_open" | "comm_msg" | "comm_close">(
  content: Extract<RequestContent, { type: T }>,
  buffers: Uint8Array[] = [],
) {
  const header = wire.header("comm_msg");
  return {
    content,
    channel: "shell" as const,
    envelope: { identities: [], header, parent: {}, metadata: {}, content: {}, buffers },
  };
}

/** Answers with what it was sent, buffers reversed. */
const echo: CommTarget = {
  open: (comm, first) => {
    comm.send({ opened: first.data });
    return {
      message: ({ data, buffers }) =>
        comm.send(
          data,
          buffers.map((buffer) => Uint8Array.from(buffer).reverse()),
        ),
      closed: () => {},
    };
  },
};

test("a comm answers while it opens, carries buffers both ways, and closes", () => {
  const sent: Outgoing[] = [];
  const comms = new Comms(new Map([["echo", echo]]), (message) => void sent.push(message));
  comms.opened(request({ type: "comm_open", comm_id: "1", target_name: "echo", data: { a: 1 } }));
  const asked = request({ type: "comm_msg", comm_id: "1", data: { b: 2 } }, [new Uint8Array([1, 2])]);
  comms.message(asked);
  expect(sent.map(({ type, content }) => [type, content["data"]])).toEqual([
    ["comm_msg", { opened: { a: 1 } }],
    ["comm_msg", { b: 2 }],
  ]);
  expect(sent[1]?.buffers?.map((buffer) => [...buffer])).toEqual([[2, 1]]);
  expect(sent[1]?.parent).toBe(asked.envelope.header);
  expect(comms.info("echo")).toEqual({ "1": { target_name: "echo" } });
  comms.closed(request({ type: "comm_close", comm_id: "1", data: {} }));
  expect(comms.info(null)).toEqual({});
});

test("an unknown target, and a message to an unknown comm, are answered with comm_close", () => {
  const sent: Outgoing[] = [];
  const comms = new Comms(new Map(), (message) => void sent.push(message));
  comms.opened(request({ type: "comm_open", comm_id: "1", target_name: "nobody", data: {} }));
  comms.message(request({ type: "comm_msg", comm_id: "2", data: {} }));
  expect(sent.map(({ type, content }) => [type, content["comm_id"]])).toEqual([
    ["comm_close", "1"],
    ["comm_close", "2"],
  ]);
});
