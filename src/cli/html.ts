import { shownText } from "./text.ts";

const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text that came from anywhere, as it may stand between tags and in quoted attributes. */
export const escaped = (text: string): string => shownText(text).replaceAll(/[&<>"']/g, sign => NAMED[sign] ?? "");

/**
 * A table that becomes one block a row where the screen is narrow: each cell has its heading with it.
 * @param rows cells as HTML
 */
export function htmlTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        cell === "" ? `<td class="none"></td>` : `<td data-head="${escaped(head[column] ?? "")}"><span>${cell}</span></td>`,
      )
      .join("");
  return [
    `<table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${head.map(each => `<th scope="col">${escaped(each)}</th>`).join("")}</tr></thead>`,
    `<tbody>${rows.map(row => `<tr>${cells(row)}</tr>`).join("\n")}</tbody></table>`,
  ].join("\n");
}

/** To the minute, UTC. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

export const time = (iso: string): string => `<time datetime="${escaped(iso)}">${escaped(moment(iso))}</time>`;
