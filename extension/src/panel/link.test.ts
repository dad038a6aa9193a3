import { expect, test } from "vitest";
import type { SessionStatus } from "vitrail/payload";
import { SessionLink } from "./link.js";
import type { LinkState, PanelComm, PanelKernel } from "./link.js";

/** A kernel's end of the comm, which writes down what the panel does in order. */
function kernelOf(name: string, options: { subshells?: Promise<void>; info?: Promise<unknown> } = {}) {
  const log: string[] = [];
  const comms: (PanelComm & { closed: boolean })[] = [];
  const kernel: PanelKernel = {
    name,
    info: options.info ?? Promise.resolve(),
    supportsSubshells: options.subshells !== undefined,
    createComm: (target) => {
      log.push(`create ${target}`);
      const comm = {
        // Never settles where there are no subshells, as in services.
        subshellStarted: options.subshells ?? new Promise<void>(() => {}),
        isDisposed: false,
        closed: false,
        onMsg: () => {},
        onClose: () => {},
        open: () => log.push("open"),
        send: (data: unknown) => log.push(`send ${JSON.stringify(data)}`),
        close: () => log.push("close"),
      } satisfies PanelComm & { closed: boolean };
      comms.push(comm);
      return comm;
    },
  };
  const say = (data: unknown, i = comms.length - 1) => comms[i]!.onMsg({ content: { data } });
  return { kernel, log, comms, say };
}

const session: SessionStatus = {
  name: "opt",
  model: "facebook/opt-125m",
  fingerprint: "f",
  mesh: "pipeline 2 × tensor 1",
  pid: 7,
  clients: 1,
  openedAt: "2026-11-01T00:00:00Z",
  state: "ready",
  ranks: [],
  weightBytes: 1,
  residentBytes: 2,
};

function linkOf() {
  const states: LinkState[] = [];
  return { link: new SessionLink((state) => states.push(state)), states };
}

test.each(["python3", "vitrail-like", "my-vitrail"])(
  "%s is left alone: no comm, no message",
  async (name) => {
    const { kernel, log } = kernelOf(name);
    const { link } = linkOf();
    await link.follow(kernel);
    link.watch(true);
    link.close("opt");
    expect(log).toEqual([]);
    expect(link.state).toEqual({ kind: "none", why: "other kernel" });
  },
);

test("a kernel of ours on another machine is asked as one here is", async () => {
  const { kernel, log } = kernelOf("vitrail-on-me-gpu-box");
  const { link } = linkOf();
  await link.follow(kernel);
  expect(log).toEqual(["create vitrail.session.v1", "open", 'send {"op":"watch","on":false}']);
});

test("without subshells the comm opens at once and asks to watch only when the panel is seen", async () => {
  const { kernel, log, say } = kernelOf("vitrail");
  const { link } = linkOf();
  await link.follow(kernel);
  link.watch(true);
  link.watch(true);
  say({ op: "status", sessions: [session] });
  link.close("opt");
  link.watch(false);
  expect(log).toEqual([
    "create vitrail.session.v1",
    "open",
    'send {"op":"watch","on":false}',
    'send {"op":"watch","on":true}',
    'send {"op":"close","name":"opt"}',
    'send {"op":"watch","on":false}',
  ]);
  expect(link.state).toEqual({ kind: "live", sessions: [session], problem: null });
});

test("with subshells nothing is sent before the subshell has started", async () => {
  let started!: () => void;
  const { kernel, log } = kernelOf("vitrail", { subshells: new Promise((resolve) => (started = resolve)) });
  const { link } = linkOf();
  const following = link.follow(kernel);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(log).toEqual(["create vitrail.session.v1"]);
  started();
  await following;
  expect(log).toEqual(["create vitrail.session.v1", "open", 'send {"op":"watch","on":false}']);
});

test("a kernel left before it answered gets no comm, and its late answer changes nothing", async () => {
  let answered!: (value: unknown) => void;
  const slow = kernelOf("vitrail", { info: new Promise((resolve) => (answered = resolve)) });
  const quick = kernelOf("vitrail");
  const { link } = linkOf();
  const first = link.follow(slow.kernel);
  await link.follow(quick.kernel);
  answered(undefined);
  await first;
  expect(slow.log).toEqual([]);
  quick.say({ op: "status", sessions: [session] });
  expect(link.state.kind).toBe("live");
});

test("after a restart a new comm is made; the old one is neither used nor heard", async () => {
  const { kernel, log, comms, say } = kernelOf("vitrail");
  const { link } = linkOf();
  link.watch(true);
  await link.follow(kernel);
  say({ op: "status", sessions: [session] });
  link.interrupted(null);
  expect(link.state).toEqual({ kind: "connecting" });
  await link.follow(kernel);
  expect(comms.length).toBe(2);
  expect(log.slice(3)).toEqual(["create vitrail.session.v1", "open", 'send {"op":"watch","on":true}']);
  say({ op: "status", sessions: [session] }, 0);
  expect(link.state).toEqual({ kind: "connecting" });
  say({ op: "status", sessions: [] }, 1);
  expect(link.state).toEqual({ kind: "live", sessions: [], problem: null });
});

test("leaving for another notebook closes the comm", async () => {
  const { kernel, log } = kernelOf("vitrail");
  const { link } = linkOf();
  await link.follow(kernel);
  await link.follow(null, "no notebook");
  expect(log.at(-1)).toBe("close");
  expect(link.state).toEqual({ kind: "none", why: "no notebook" });
});

test("a message that is not understood is said in one line, and the sessions stay", async () => {
  const { kernel, say, comms } = kernelOf("vitrail");
  const { link } = linkOf();
  await link.follow(kernel);
  say({ op: "status", sessions: [session] });
  say({ op: "status", sessions: "many" });
  expect(link.state).toMatchObject({ kind: "live", sessions: [session] });
  expect((link.state as { problem: string }).problem).toMatch(/^session status\.sessions: /);
  say({ op: "error", message: 'no session "x": there is opt' });
  expect(link.state).toMatchObject({ problem: 'no session "x": there is opt' });
  comms[0]!.onClose(undefined as never);
  expect(link.state).toEqual({ kind: "lost", message: "the kernel closed vitrail.session.v1" });
});

test("a kernel that died is said to be lost", async () => {
  const { kernel } = kernelOf("vitrail");
  const { link } = linkOf();
  await link.follow(kernel);
  link.interrupted("the kernel died");
  expect(link.state).toEqual({ kind: "lost", message: "the kernel died" });
});
