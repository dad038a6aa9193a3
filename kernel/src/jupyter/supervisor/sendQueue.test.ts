import { expect, test } from "vitest";
import { Publisher, Subscriber } from "zeromq";
import { SendQueue } from "./sendQueue.js";

test("thousands of messages at once all arrive in order, where bare sends are refused", async () => {
  const publisher = new Publisher({ sendHighWaterMark: 0, linger: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
  subscriber.connect(publisher.lastEndpoint!);
  subscriber.subscribe("");
  await new Promise((resolve) => setTimeout(resolve, 200));

  const bare = await Promise.allSettled(Array.from({ length: 5000 }, async () => publisher.send("bare")));
  const refused = bare.filter(({ status }) => status === "rejected").length;
  for (let left = 5000 - refused; left > 0; left--) await subscriber.receive();
  expect(refused).toBeGreaterThan(0);

  const queue = new SendQueue(publisher);
  for (let i = 0; i < 5000; i++) queue.push([String(i)]);
  await queue.drained();
  for (let i = 0; i < 5000; i++) {
    const [frame] = await subscriber.receive();
    expect(String(frame)).toBe(String(i));
  }
  publisher.close();
  subscriber.close();
});
