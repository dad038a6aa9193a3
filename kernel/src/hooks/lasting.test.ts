import { expect, test } from "vitest";
import { capture } from "./capture.js";
import { edit } from "./edit.js";
import { editGradient } from "./editGradient.js";
import { scale, zero } from "./intervention.js";
import { LastingHooks } from "./lasting.js";

const hooks = () =>
  new LastingHooks((hook) => {
    if (hook.selector === "nowhere") throw new Error('no hook point "nowhere"');
  });
const first = capture("embedding");
const second = edit("norm", zero());
const third = edit("norm", scale(2));
const bare = <T extends object>(hooks: readonly T[]) =>
  hooks.map((hook) => Object.fromEntries(Object.entries(hook).filter(([name]) => name !== "lasting")));
const acting = (all: LastingHooks, choice = {}) => bare(all.effective(choice, "pass"));

test("hooks act in the order in which they were added, a call's own after them", () => {
  const all = hooks();
  all.add(second);
  all.add(first);
  expect(acting(all)).toEqual([second, first]);
  expect(acting(all, { hooks: [third] })).toEqual([second, first, third]);
});

test("what is no hook is said in one line, of a lasting one and of a call's own", () => {
  const must = 'it must be a hook, such as capture("norm")';
  for (const [given, told] of [
    ["embedding", '"embedding"'],
    [undefined, "undefined"],
    [{}, "Object"],
  ] as const) {
    const all = hooks();
    expect(() => all.add(given as never)).toThrow(`hooks.add of ${told}: ${must}`);
    expect(() => all.add([first, given as never])).toThrow(`hooks.add: [1] is ${told}: ${must}`);
    expect(() => all.effective({ hooks: [first, given as never] }, "pass")).toThrow(
      `hooks[1] is ${told}: ${must}`,
    );
    expect(all.list()).toEqual([]);
  }
});

test("a choice that is given beside the selector, where nobody reads it, is refused and not passed over", () => {
  const heads = capture("layers.0.attention.pattern", { heads: [1] } as never);
  const said =
    'capture "layers.0.attention.pattern" has no "heads": it has when and steps beside its selector; entries are chosen there, as in "layers.0.attention.pattern[head=3]"';
  expect(() => hooks().add(heads)).toThrow(said);
  expect(() => hooks().effective({ hooks: [first, heads] }, "pass")).toThrow(said);
  const whole = { ...edit("embedding", { kind: "zero" }), position: 0 };
  expect(() => hooks().effective({ hooks: [whole] }, "pass")).toThrow('edit "embedding" has no "position"');
  // What a call names of the hooks that lasted may be given again.
  const all = hooks();
  all.add(first);
  expect(hooks().effective({ hooks: all.effective({}, "pass") }, "pass")).toHaveLength(1);
});

test("lasting hooks act under their names, and a call's own under none", () => {
  const all = hooks();
  all.add(second, { name: "silence" });
  all.add(first);
  const names = all.effective({ hooks: [second] }, "pass").map(({ lasting }) => lasting);
  expect(names).toEqual(["silence", "hook-2", undefined]);
});

test("groups act by union and by complement, and all act by default", () => {
  const all = hooks();
  all.add(first, { groups: ["a"] });
  all.add(second, { groups: ["a", "b"] });
  all.add(third, { groups: ["c"] });
  expect(acting(all, { groups: ["b"] })).toEqual([second]);
  expect(acting(all, { groups: ["b", "c"] })).toEqual([second, third]);
  expect(acting(all, { groups: ["a"], complement: true })).toEqual([third]);
  expect(acting(all, { groups: [] })).toEqual([]);
  expect(acting(all, { groups: "all" })).toEqual([first, second, third]);
  expect(all.groups()).toEqual({ a: ["hook-1", "hook-2"], b: ["hook-2"], c: ["hook-3"] });
  expect(() => acting(all, { groups: ["bb"] })).toThrow('no group "bb": nearest is b');
  expect(() => acting(all, { complement: true })).toThrow("complement of all groups leaves no lasting hook");
});

test("gradients are edited in backward passes, and what is for some steps acts in generations", () => {
  const all = hooks();
  const gradient = editGradient("norm", zero());
  const prompt = capture("norm", { steps: [0] });
  all.add([first, gradient, prompt]);
  expect(bare(all.effective({}, "pass"))).toEqual([first]);
  expect(bare(all.effective({}, "generation"))).toEqual([first, prompt]);
  expect(bare(all.effective({ hooks: [second] }, "backward"))).toEqual([first, gradient, second]);
});

// FlexModel: groups "a" and then "all" crash, and a disabled hook stays so for good.
test("a hook or group that was disabled can be enabled again", () => {
  const all = hooks();
  const handle = all.add(first, { groups: ["a"] });
  all.add(second, { groups: ["a"], name: "silence" });
  all.disable("a");
  expect(acting(all)).toEqual([]);
  handle.enable();
  expect(acting(all)).toEqual([first]);
  all.disable(handle);
  all.enable("silence");
  expect(acting(all, { groups: ["a"] })).toEqual([second]);
  all.enable("a");
  expect(acting(all, { groups: "all" })).toEqual([first, second]);
});

// FlexModel: removal and restoring crash once a hook was disabled; one hook alone cannot be removed.
test("one hook can be removed, or all of them, in any state", () => {
  const all = hooks();
  const one = all.add(first);
  all.add(second);
  one.disable();
  one.remove();
  expect(all.list().map(({ hook }) => hook)).toEqual([second]);
  all.disable("hook-2");
  all.clear();
  expect(all.list()).toEqual([]);
  expect(() => one.remove()).toThrow('no hook "hook-1": there is none');
});

// FlexModel: a KeyError for a tag that a hook has not, a bare AssertionError for a hook that is added twice.
test("tags come and go, and what does not fit is one line that changes nothing", () => {
  const all = hooks();
  all.add(first, { name: "look", groups: ["a"] });
  all.tag("look", "b");
  expect(all.list("b")).toHaveLength(1);
  all.untag("look", "a");
  expect(Object.keys(all.groups())).toEqual(["b"]);
  expect(() => all.untag("look", "a")).toThrow('hook "look" is not in group "a": it is in b');
  expect(() => all.add(first)).toThrow('capture("embedding") is added already as "look"');
  expect(() => all.add([second, capture("nowhere")])).toThrow('no hook point "nowhere"');
  expect(() => all.add([second, second])).toThrow("is added already in this list");
  expect(() => all.add(second, { name: "look" })).toThrow(
    'hook name "look" is taken by capture("embedding")',
  );
  expect(() => all.remove(["look", "bb"])).toThrow('no hook or group "bb": nearest is b');
  expect(() => all.disable("loook")).toThrow('no hook or group "loook": nearest is look');
  expect(all.list().map(({ hook }) => hook)).toEqual([first]);
});

// FlexModel: update_hook_groups and remove_hook_groups take a hook, a list or a name, and never remove the hooks themselves.
test("one hook, a list and a group can be named alike", () => {
  const all = hooks();
  const one = all.add(first, { groups: ["a"] });
  const two = all.add(second, { groups: ["a"], name: "silence" });
  const three = all.add(third);
  all.tag("a", "b");
  all.tag([three, "silence"], "c");
  expect(all.groups()).toEqual({
    a: ["hook-1", "silence"],
    b: ["hook-1", "silence"],
    c: ["silence", "hook-3"],
  });
  all.untag("c", "c");
  all.untag([one, two], "b");
  expect(all.groups()).toEqual({ a: ["hook-1", "silence"] });
  all.disable(["a", three]);
  expect(acting(all)).toEqual([]);
  all.enable([one, "hook-3"]);
  expect(acting(all)).toEqual([first, third]);
  expect(() => all.untag(["silence", "hook-3"], "a")).toThrow(
    'hook "hook-3" is not in group "a": it is in none',
  );
  expect(all.groups()).toEqual({ a: ["hook-1", "silence"] });
  all.remove("a");
  expect(all.list().map(({ hook }) => hook)).toEqual([third]);
  all.remove([three]);
  expect(all.list()).toEqual([]);
});
