import { shownAsItIs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import type { HookPoint } from "../graph/point.js";
import { withoutCaptures } from "../hooks/acting.js";
import type { GradientEdit } from "../hooks/editGradient.js";
import { checkHook } from "../hooks/fits.js";
import type { Hook } from "../hooks/hook.js";
import { LastingHooks } from "../hooks/lasting.js";
import type { HookChoice } from "../hooks/lastingHook.js";
import { select } from "../hooks/selector.js";
import type { Dimensions } from "../models/architecture.js";
import { hookPoints } from "../models/build.js";
import type { Model } from "../models/model.js";
import { openTokenizer, type Tokenizer } from "../models/tokenizer/index.js";
import { parameterPoints } from "./backward/parameterEdits.js";
import { parameterGradients } from "./backward/parameterGradients.js";
import { prepareBackward } from "./backward/prepare.js";
import { FinishedBackward } from "./backward/result.js";
import type { Backward, BackwardOptions } from "./backward/types.js";
import { unlessCancelled } from "./cancelled.js";
import type { BrokerClient } from "./client.js";
import { sessionFolder } from "./folder.js";
import { generate, type Choosing } from "./generation/generate.js";
import { score } from "./generation/score.js";
import type { GenerateOptions, Generation, ScoreOptions, Scores } from "./generation/types.js";
import { cancelSignal, notebookHost } from "./host.js";
import { readInput, type Rows } from "./input.js";
import { choosesParameters } from "./parameters/choose.js";
import { Parameters, type Parameter, type ParameterChange } from "./parameters/parameters.js";
import { parameterTable, type ParameterTable } from "./parameters/table.js";
import { Passes } from "./passes.js";
import { capabilitiesOf, type Capabilities } from "./capabilities.js";
import { refuseKeys } from "./kept.js";
import { treeOf } from "./hookTree.js";
import { listSessions } from "./live.js";
import { openSession } from "./opening.js";
import {
  backwardOptions,
  checkOptions,
  forwardOptions,
  generateOptions,
  openOptions,
  prefixOptions,
  scoreOptions,
} from "./options.js";
import { pointRows, stageRanks } from "./pointRows.js";
import { Prefixes, type Prefix, type PrefixOptions } from "./prefix.js";
import { printBackward, printCall, printGenerate, printScore, provenanceOf } from "./provenance.js";
import type { ReadoutInputs } from "./readout.js";
import { estimateBytes, prepareForward, type ForwardRequest } from "./request.js";
import { FinishedRun } from "./run.js";
import { saying } from "./saying.js";
import { sessionTable, showEstimate, showStatus } from "./tables.js";
import { isRandom } from "./sampling.js";
import { Chosen } from "./verification/chosen.js";
import { generated, type Generating } from "./verification/generated.js";
import { backwardPass, forwardPass } from "./verification/pass.js";
import { scored } from "./verification/scored.js";
import { momentOf, type Moment, type Subject } from "./verification/subject.js";
import type { Verification } from "./verification/types.js";
import { verifyCall } from "./verification/verify.js";
import type {
  Estimate,
  ForwardOptions,
  Input,
  OpenOptions,
  PointRow,
  PointTable,
  Run,
  SessionStatus,
  SessionSummary,
} from "./types.js";

/**
 * A live model. It runs in processes of its own, which outlive the cell, the kernel and this object: opening the
 * same model under the same name finds it again.
 */
export class Session {
  readonly name: string;
  readonly #client: BrokerClient;
  readonly #model: Model;
  readonly #points: readonly HookPoint[];
  /** Hooks that act on every run of this object, with their groups; shows as a tree of the model with them. */
  readonly hooks: LastingHooks & Displayable;
  /** What host edits keep for each other and for later runs, until it is cleared. It lives here, not in the workers. */
  readonly saved = new Map<string, unknown>();
  readonly #parameters: Parameters;
  readonly #prefixes: Prefixes;
  readonly #passes: Passes;
  /** What calls returned, with what they were asked for, so that they can be repeated. */
  readonly #subjects = new WeakMap<Run | Generation | Scores, Subject>();
  #tokenizer: Promise<Tokenizer> | undefined;

  private constructor(client: BrokerClient, model: Model) {
    this.name = client.order.name;
    this.#client = client;
    this.#model = model;
    this.#points = hookPoints(model, client.order.plan.mesh.tensor);
    const hooks = new LastingHooks((hook) => {
      if (hook.kind === "editGradient" && choosesParameters(hook.selector, this.#points, model))
        checkHook(hook, parameterPoints(hook, this.#points, model), {});
      else checkHook(hook, this.#points, model.blueprint.absent);
    });
    this.hooks = shownAsItIs(hooks, () =>
      this.#tree("*", pointRows(this.#points, this.#points, client.order.plan), "hooks"),
    );
    this.#parameters = new Parameters(model, sessionFolder(client.order.name).path, () =>
      client.refuseGone(),
    );
    this.#prefixes = new Prefixes((key) => client.release(key));
    this.#passes = new Passes({
      client,
      model,
      points: this.#points,
      parameters: this.#parameters,
      saved: this.saved,
      tokenizer: () => this.tokenizer(),
    });
    const { order } = client;
    shownAsItIs(this, () =>
      sessionTable({ order, model, hooks: this.hooks.list(), edited: this.editedParameters }),
    );
  }

  /**
   * Opens a checkpoint, a folder or a hub id, over worker processes; or finds the live session of this name.
   * Everything is checked and planned before any process starts; the plan is printed.
   *
   * Throws one line when the checkpoint cannot be read, the mesh cannot be, memory does not suffice by estimate,
   * a weight cannot be quantised, or a live session of this name holds another model or was opened otherwise.
   */
  static async open(model: string, options: OpenOptions = {}): Promise<Session> {
    checkOptions("Session.open", options, openOptions);
    const opened = await openSession(model, options);
    return new Session(opened.client, opened.model);
  }

  /** The live sessions of this user; shows as a table. */
  static list(): Promise<SessionSummary[] & Displayable> {
    return listSessions();
  }

  /** What was chosen when the session was opened, and why. */
  get plan(): string {
    return this.#client.order.plan.reason;
  }

  /** Layers, heads, units, vocabulary and longest input of the model. */
  get dimensions(): Dimensions {
    return this.#model.dimensions;
  }

  /** How the workers are now; shows as a table of them. */
  async status(): Promise<SessionStatus & Displayable> {
    return showStatus(await this.#client.status());
  }

  /**
   * Runs the model on a text, texts, token ids or rows of them. Rows may differ in length; padding changes no number.
   * Captured hook points come back whole, whatever the mesh.
   *
   * Throws one line before anything runs when the input or a selector does not fit; `CancelledError` when `signal`,
   * or the interrupt of the running cell, comes first; one line when a worker dies.
   */
  async forward(input: Input, options: ForwardOptions = {}): Promise<Run> {
    checkOptions("session.forward", options, forwardOptions);
    const rows = await this.#read(input);
    const asked = this.#withHooks(options);
    const request = this.#prepare(rows, asked);
    const edited = this.#edited();
    const begun = options.after && this.#prefixes.origin(options.after);
    const moment = this.#moment([...(begun?.options.hooks ?? []), ...asked.hooks!], options.readout);
    const cache =
      options.after &&
      this.#prefixes.after(
        options.after,
        rows.ids.map((row) => row.length),
        moment.marks,
        this.#model.dimensions.maxPositions,
      );
    const step = cache === undefined ? request.step : { ...request.step, cache };
    const { order } = this.#client;
    const [values, provenance] = await Promise.all([
      this.#passes.run({ ...request, step }, cancelSignal(options.signal)),
      // Written down while the workers are busy.
      Promise.resolve().then(() => ({
        ...provenanceOf(order, this.#model, input, asked, rows.ids),
        ...edited,
      })),
    ]);
    const { captures, logitsKey, readouts } = request;
    const { select } = step;
    const { shardsOf } = this.#passes;
    const { tokens, ids } = rows;
    const run = new FinishedRun({
      tokens,
      captures,
      values,
      logitsKey,
      select,
      readouts,
      provenance,
      shardsOf,
    });
    this.#subjects.set(run, forwardPass(run, ids, asked, begun, moment));
    return run;
  }

  /**
   * Reads a beginning that many rows share once, with its hooks, and keeps its keys and values on the workers: `forward`
   * goes on from them with `after`. Lasting captures have nothing to show here.
   *
   * Throws as `forward` does, and for captures of its own.
   */
  async prefix(input: Input, options: PrefixOptions = {}): Promise<Prefix> {
    checkOptions("session.prefix", options, prefixOptions);
    const rows = await this.#read(input);
    const [tokens, second] = rows.tokens;
    if (tokens === undefined || second !== undefined)
      throw new Error(`${rows.ids.length} rows: a prefix is one row`);
    const hooks = withoutCaptures(
      this.#withHooks(options).hooks!,
      "a prefix, which returns none: use forward",
    );
    const asked = { ...options, hooks };
    const request = this.#prepare(rows, { ...asked, logits: "none" }, 0);
    const provenance = this.#origin(printCall(input, asked, "prefix"), input, rows.ids);
    const { marks } = this.#parameters;
    return this.#prefixes.keep({ tokens, provenance, options: { hooks }, marks }, (cache) =>
      this.#passes.run({ ...request, step: { ...request.step, cache } }, cancelSignal(options.signal)),
    );
  }

  /**
   * Differentiates a scalar of the logits and of hook points: gradients at hook points, of weights and of trained modules
   * come back whole, whatever the mesh, and through edits as well. Only what is asked for is computed and sent.
   *
   * Throws one line before anything runs when something does not fit or no gradient reaches what was asked for;
   * otherwise as `forward` does.
   */
  async backward(input: Input, options: BackwardOptions): Promise<Backward> {
    checkOptions("session.backward", options, backwardOptions);
    const { ids, tokens } = await this.#read(input);
    const asked = { ...options, hooks: this.hooks.effective(options, "backward") };
    const request = prepareBackward(ids, asked, this.#points, this.#model);
    const provenance = this.#origin(printBackward(input, asked), input, ids);
    const moment = this.#moment(asked.hooks, options);
    const signal = cancelSignal(options.signal);
    const values = await this.#passes.run(request, signal);
    const parameters = await unlessCancelled("backward pass", signal, () =>
      parameterGradients(request, values, this.#model, this.#passes.caller(request, signal)),
    );
    const { shardsOf } = this.#passes;
    const run = new FinishedBackward({ tokens, request, values, parameters, provenance, shardsOf });
    this.#subjects.set(run, backwardPass(run, ids, asked, moment));
    return run;
  }

  /**
   * Continues a text, texts, token ids or rows of them token by token, keys and values kept on the workers. Greedy, or
   * sampled when there is a temperature; rows may differ in length and end each by itself.
   *
   * Throws one line before anything runs when an option, the input or a hook does not fit; `CancelledError` when
   * `signal`, or the interrupt of the running cell, comes first: what was generated so far is then only what
   * `onToken` was told. One line when a worker dies.
   */
  async generate(prompts: Input, options: GenerateOptions = {}): Promise<Generation> {
    checkOptions("session.generate", options, generateOptions);
    const rows = await this.#read(prompts);
    const asked = this.#withHooks(options, "generation");
    const moment = this.#moment(asked.hooks!);
    const chosen = new Chosen(rows.ids.length, options.forced === undefined && !isRandom(options));
    const generation = await this.#generate(prompts, rows, asked, (...choice) => chosen.add(...choice));
    const again: Generating = async (session, ids, options, told) =>
      session.#generate(ids, await session.#read(ids), options, told);
    this.#subjects.set(generation, generated(generation, asked.hooks, chosen, again, moment));
    return generation;
  }

  /** @param asked with all hooks that act */
  #generate(prompts: Input, rows: Rows, asked: GenerateOptions, told: Choosing): Promise<Generation> {
    const origin = this.#origin(printGenerate(prompts, asked), prompts, rows.ids);
    const provenanceBy = (seed: number | null) => ({ ...origin, seed });
    return this.#passes.holding((runner) =>
      generate(runner, rows, asked, cancelSignal(asked.signal), provenanceBy, told),
    );
  }

  /**
   * Log-probability of each continuation after one prompt, which runs once for all of them. A text is the tokens that
   * it is behind the prompt, without special ones, so that a continuation usually begins with its space; behind an empty
   * prompt, the checkpoint's first special token alone, it is a text's beginning. Edits act on the prompt, and then on what is
   * read of the continuations; lasting captures have nothing to show here.
   *
   * Throws as `generate` does, and for captures of its own.
   */
  async score(prompt: Input, continuations: Input, options: ScoreOptions = {}): Promise<Scores> {
    checkOptions("session.score", options, scoreOptions);
    const hooks = withoutCaptures(
      this.#withHooks(options).hooks!,
      "a score, which returns none: use forward or generate",
    );
    const read = await this.#read(prompt);
    const rest = await readInput(continuations, this.#model.dimensions, () => this.tokenizer(), {
      continues: read.ids[0]!,
    }).catch((error: unknown) => {
      throw saying("continuations", error);
    });
    const provenance = this.#origin(printScore(prompt, continuations, hooks), prompt);
    const moment = this.#moment(hooks);
    const scores = await this.#passes.holding((runner) =>
      score(runner, read, rest, hooks, cancelSignal(options.signal), provenance),
    );
    this.#subjects.set(scores, scored(scores, hooks, moment));
    return scores;
  }

  /** What a forward pass with these hooks would bring back, in bytes; shows as a table. Runs nothing. */
  async estimate(
    input: Input,
    options: Omit<ForwardOptions, "signal"> = {},
  ): Promise<Estimate & Displayable> {
    checkOptions("session.estimate", options, forwardOptions);
    return showEstimate(estimateBytes(this.#prepare(await this.#read(input), this.#withHooks(options))));
  }

  /**
   * Repeats a forward or backward pass, a generation or a score of this session on one process of its own, with the same
   * hooks and parameters, and with the weights of the checkpoint where this session's are quantised, and says how far the two
   * are apart; and, where it was edited, what the edits changed here, and what each of several changes when it alone is left
   * out, for which there is one more call on the one process. Functions of the notebook are called again, with what was saved
   * before the call; `onToken` is not.
   *
   * A generation, however its tokens were chosen, is repeated on the tokens that it has, with and without edits. Compared are
   * the likeliest token and the logit of the token it went on with at each step of each row, and what was captured at each
   * step; whole distributions where `capture("logits")` kept them. Of a score the log-probabilities, their totals and which
   * continuation is likeliest are compared.
   *
   * Throws one line for what none of `forward`, `backward`, `generate` and `score` of this session returned, for a run with
   * other parameters than it has now or with nothing to compare, and as `open` and these do.
   */
  async verify(run: Run | Generation | Scores): Promise<Verification & Displayable> {
    const subject = this.#subjects.get(run);
    if (subject === undefined)
      throw new Error("verify needs what this session's forward, backward, generate or score returned");
    return verifyCall(subject, (model, options) => Session.open(model, options), {
      session: this,
      checkpoint: this.#model.checkpoint,
      marks: this.#parameters.marks,
    });
  }

  /** What each hook point and parameter can be used for, which is the same on every device and mesh; shows as a table. */
  capabilities(): Capabilities & Displayable {
    return capabilitiesOf(this.#model, this.#points, this.#client.order.plan);
  }

  /** The hook points that a glob chooses (all by default), with shape, partition, stage and ranks; shows as a tree with the hooks live then. */
  hookPoints(glob = "*"): PointTable {
    const chosen = select(glob, this.#points, this.#model.blueprint.absent).map(({ point }) => point);
    const rows = pointRows(chosen, this.#points, this.#client.order.plan);
    return shownAsItIs(rows, () =>
      this.#tree(glob, rows, `hookPoints(${glob === "*" ? "" : JSON.stringify(glob)})`),
    );
  }

  #tree(glob: string, rows: readonly PointRow[], call: string): Displayable {
    const provenance = this.#origin(call, "");
    return treeOf({
      model: provenance.model,
      glob,
      rows,
      points: this.#points,
      stages: stageRanks(this.#client.order.plan),
      hooks: this.hooks.list(),
      provenance,
    });
  }

  /**
   * The parameters that a glob chooses (all by default), by their names in transformers; shows as a table. Buffers, such as
   * masks and rotary frequencies, are none: of one that is asked for the error says how its value is had.
   */
  parameters(glob = "*"): ParameterTable {
    return parameterTable(this.#model, glob, this.#parameters.edited);
  }

  /**
   * A whole parameter as it is now, a float32 copy, whatever the mesh: `"model.layers.3.mlp.up_proj.weight"`, in the
   * layout of transformers; of a quantised one int8 × scale. A tied head may be called by its own name. Throws one line with
   * the nearest names.
   */
  parameter(name: string): Promise<Parameter> {
    return this.#parameters.read(name);
  }

  /**
   * Changes a parameter until it is restored or this client goes: to a tensor of its shape, or to what a function makes
   * of the whole of it. Tied weights change together. Forward passes, generation and scores that begin afterwards read
   * it; only the segments that hold it are loaded again, and a quantised one is then float32. It holds for this client
   * alone: other notebooks that share the session go on with what they have.
   *
   * Throws one line when the name or the shape does not fit, a number is not finite, or the session has ended or was left;
   * nothing has then changed.
   */
  editParameter(name: string, change: ParameterChange): Promise<void> {
    return this.#parameters.edit(name, change);
  }

  /** Takes a parameter's edit back; what is loaded of the checkpoint's own is used again. Throws one line when it is not edited. */
  restoreParameter(name: string): void {
    this.#parameters.restore(name);
  }

  /** Takes every edit of a parameter back. */
  restoreParameters(): void {
    this.#parameters.restoreAll();
  }

  /** Names of the parameters that are edited for this client. */
  get editedParameters(): readonly string[] {
    return this.#parameters.edited;
  }

  /** The checkpoint's tokenizer. Throws one line when it has none; its files are read again at the next call then. */
  tokenizer(): Promise<Tokenizer> {
    // An error that was kept would name the cell that met it first, and outlive what is done about it.
    this.#tokenizer ??= openTokenizer(this.#model.checkpoint.folder).catch((error: unknown) => {
      this.#tokenizer = undefined;
      throw error;
    });
    return this.#tokenizer;
  }

  /** Ends the session for everybody: workers, broker, everything they made. */
  async close(): Promise<void> {
    await this.#client.close();
    this.#parameters.close();
    notebookHost()?.sessionClosed(this.name);
  }

  /** Leaves the session alive without this client. */
  detach(): void {
    this.#client.disconnect();
    this.#parameters.close();
  }

  /** A call's options with the hooks that act in it: the lasting ones that it chooses, in their order, then its own. */
  #withHooks<Options extends HookChoice>(options: Options, call: "pass" | "generation" = "pass"): Options {
    return { ...options, hooks: this.hooks.effective(options, call) };
  }

  /** What a call reads beside its options, as it is now. */
  #moment(hooks: readonly (Hook | GradientEdit)[], inputs?: ReadoutInputs): Moment {
    return momentOf(hooks, this.saved, this.#parameters.marks, inputs);
  }

  /** What provenance tells of the parameters. */
  #edited(): { edited?: readonly string[] } {
    const { marks } = this.#parameters;
    return marks.length > 0 ? { edited: marks } : {};
  }

  /** Where what a call of this session gives comes from, with the parameters as they are now. */
  #origin(call: string, input: Input, ids?: Rows["ids"]): Provenance {
    return { ...provenanceOf(this.#client.order, this.#model, input, {}, ids), ...this.#edited(), call };
  }

  #read(input: Input): Promise<Rows> {
    return readInput(input, this.#model.dimensions, () => this.tokenizer());
  }

  #prepare({ ids }: Rows, options: ForwardOptions, earlier?: number): ForwardRequest {
    const kept = options.after ? this.#prefixes.origin(options.after).tokens.length : earlier;
    const request = prepareForward(ids, options, this.#points, this.#model.blueprint.absent, kept);
    if (options.after !== undefined)
      refuseKeys(request, this.#points, "after a prefix, whose tokens come before");
    return request;
  }
}
