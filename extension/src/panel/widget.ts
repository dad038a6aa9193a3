import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { SessionLink } from "./link.js";
import type { PanelKernel } from "./link.js";
import { PanelView } from "./view.js";

/** The right sidebar's panel: follows the current notebook and its kernel through changes and restarts. */
export class SessionPanel extends Widget {
  readonly #view: PanelView;
  readonly #link: SessionLink;
  readonly #tracker: INotebookTracker;
  #context: NotebookPanel["sessionContext"] | undefined;

  constructor(tracker: INotebookTracker) {
    super();
    this.id = "vitrail-session-panel";
    this.addClass("vt-panel");
    this.title.caption = "Vitrail session";
    this.title.iconClass = "vt-panel-icon";
    this.#tracker = tracker;
    this.#link = new SessionLink((state) => this.#view.show(state));
    this.#view = new PanelView((name) => this.#link.close(name));
    this.#view.show(this.#link.state);
    this.node.append(this.#view.node);
    tracker.currentChanged.connect(this.#followNotebook, this);
    this.#followNotebook();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#tracker.currentChanged.disconnect(this.#followNotebook, this);
    this.#leave();
    this.#link.dispose();
    super.dispose();
  }

  protected override onAfterShow(_message: Message): void {
    this.#link.watch(true);
  }

  protected override onBeforeHide(_message: Message): void {
    this.#link.watch(false);
  }

  #leave(): void {
    this.#context?.kernelChanged.disconnect(this.#followKernel, this);
    this.#context?.statusChanged.disconnect(this.#heedStatus, this);
    this.#context?.connectionStatusChanged.disconnect(this.#heedConnection, this);
    this.#context = undefined;
  }

  #followNotebook(): void {
    this.#leave();
    this.#context = this.#tracker.currentWidget?.sessionContext;
    this.#context?.kernelChanged.connect(this.#followKernel, this);
    this.#context?.statusChanged.connect(this.#heedStatus, this);
    this.#context?.connectionStatusChanged.connect(this.#heedConnection, this);
    this.#followKernel();
  }

  #followKernel(): void {
    const kernel = this.#context?.session?.kernel ?? null;
    void this.#link.follow(
      kernel as (Kernel.IKernelConnection & PanelKernel) | null,
      this.#context === undefined ? "no notebook" : "no kernel",
    );
  }

  #heedStatus(_context: unknown, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") this.#link.interrupted(null);
    else if (status === "dead") this.#link.interrupted("the kernel died");
  }

  /**
   * Lab connects anew at the end of each restart. Its status is no guide: it may say `starting` before that, when
   * answers would still be lost, and stay there for as long as nobody speaks to the kernel.
   */
  #heedConnection(_context: unknown, status: Kernel.ConnectionStatus): void {
    if (status === "connected") this.#followKernel();
  }
}
