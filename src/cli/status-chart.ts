import { span } from "../domain/units.ts";
import { spoken } from "../plan/plan.ts";
import type { PastOperation } from "../survey/status-page.ts";
import { escaped } from "./html.ts";

const SHOWN = 12;
/** What is as wide as a phone keeps its letters legible there; wider screens enlarge it. */
const WIDTH = 360;
const ROW = 42;
const BAR = 14;
/** Beside the longest bar there is room for its words. */
const LONGEST = 230;
const SHORTEST = 3;

/** Bars of what visitors went without, by operation, newest first; empty where no operation turned anybody away. */
export function downtimeChart(operations: readonly PastOperation[]): string {
  const shown = operations
    .flatMap(({ downtimeMs, ...each }) => (downtimeMs === null ? [] : [{ ...each, downtimeMs }]))
    .slice(-SHOWN)
    .reverse();
  if (shown.length === 0) return "";
  const longest = Math.max(...shown.map(({ downtimeMs }) => downtimeMs), 1);
  const words = ({ downtimeMs, downtimeApproximate }: (typeof shown)[number]) =>
    `${downtimeApproximate ? "about " : ""}${span(downtimeMs)}`;
  const bars = shown.map((each, index) => {
    const top = index * ROW;
    const width = Math.max(SHORTEST, Math.round((each.downtimeMs / longest) * LONGEST));
    const label = [each.beganAt?.slice(0, 10), spoken(each.kind), each.instance].filter(part => part).join(" ");
    return [
      `<text x="0" y="${top + 14}">${escaped(label)}</text>`,
      `<rect x="0" y="${top + 20}" width="${width}" height="${BAR}" rx="2"/>`,
      `<text x="${width + 6}" y="${top + 32}">${escaped(words(each))}</text>`,
    ].join("");
  });
  const longestOne = shown.find(({ downtimeMs }) => downtimeMs === longest) ?? shown[0];
  const told = `${shown.length} operation${shown.length === 1 ? "" : "s"} turned visitors away; the longest was ${longestOne === undefined ? "" : `${spoken(longestOne.kind)}${longestOne.instance === null ? "" : ` of ${longestOne.instance}`}, ${words(longestOne)}`}. The table below has the same numbers.`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${shown.length * ROW}" role="img" aria-labelledby="chart-title chart-desc">`,
    `<title id="chart-title">Downtime by operation</title><desc id="chart-desc">${escaped(told)}</desc>`,
    ...bars,
    "</svg>",
  ].join("\n");
}
