/** The part of plotly.js that we use; its cartesian bundle comes without types. */
declare module "plotly.js-cartesian-dist-min" {
  export interface Plotly {
    react(
      node: HTMLElement,
      traces: readonly object[],
      layout: object,
      configuration: object,
    ): Promise<HTMLElement>;
    relayout(node: HTMLElement, change: object): Promise<HTMLElement>;
    purge(node: HTMLElement): void;
    readonly Fx: {
      hover(node: HTMLElement, points: readonly object[], subplot?: string): void;
      unhover(node: HTMLElement): void;
    };
  }
  const plotly: Plotly;
  export default plotly;
}
