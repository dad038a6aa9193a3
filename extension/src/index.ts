import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";
import { SessionPanel } from "./panel/widget.js";

/** Adds the session panel to the right sidebar. */
const sessionPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrail-jupyterlab:session",
  description: "Shows the live model session of the current notebook.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker) => {
    app.shell.add(new SessionPanel(tracker), "right", { rank: 900 });
  },
};

export default sessionPlugin;
