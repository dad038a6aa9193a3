import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import { Channel } from "./channel.js";
import { maximumHeader } from "./frame.js";

const schema = z.strictObject({ text: z.string() });

async function pair(
  heard: (text: string) => void,
): Promise<{ channel: Channel<unknown, unknown>; end(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    new Channel(socket, schema, { message: ({ text }) => heard(text), closed: () => {} });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const channel = new Channel<unknown, unknown>(socket, z.never(), { message: () => {}, closed: () => {} });
  const end = () => {
    for (const each of [socket, ...sockets]) each.destroy();
    server.close();
  };
  return { channel, end };
}

test("a message that is too long is refused where it is sent, and the next one arrives", async () => {
  const heard: string[] = [];
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const { channel, end } = await pair((text) => {
    heard.push(text);
    arrived();
  });
  try {
    expect(() => channel.send({ text: "x".repeat(maximumHeader) })).toThrow(
      /^message header of \d+ bytes: at most/,
    );
    channel.send({ text: "short" });
    await arrival;
    expect(heard).toEqual(["short"]);
  } finally {
    end();
  }
});
