import { basename } from "node:path";
import { isUp } from "../domain/health.ts";
import { type InstanceRecord, isMoved } from "../domain/instance.ts";
import { age, bytes, span } from "../domain/units.ts";
import type { ServiceDetail } from "../survey/instance-details.ts";
import type { LastBackup } from "../survey/last-backup.ts";
import type { NextUpdate } from "../survey/next-update.ts";
import type { InstanceStatus } from "../survey/states.ts";
import { shownText } from "./text.ts";

/** How long ago a moment was: on a page that is looked at later, the moment itself. */
export type When = (at: string) => string;

export const ago =
  (nowMs: number): When =>
  at =>
    `${age(nowMs - Date.parse(at))} ago`;

const HOW = { created: "when it was made", verify: "by verify", compared: "by comparing" } as const;

export function backupWords({ backup, verified }: LastBackup, when: When): string {
  if (backup === null) return "none: graph-mgr backup create";
  const size = `${bytes(backup.sizeBytes)}${backup.encrypted === null ? "" : ", encrypted"}`;
  const said =
    verified === null
      ? `never found whole: graph-mgr backup verify ${backup.sequence}`
      : verified.sequence === backup.sequence
        ? `found whole ${HOW[verified.how]}, ${when(verified.at)}`
        : `not found whole itself; number ${verified.sequence} was, ${when(verified.at)}`;
  return `number ${backup.sequence}, ${when(backup.createdAt)}, ${size}; ${said}`;
}

export function drillWords({ backup, drill }: LastBackup, when: When): string {
  if (drill !== null) return `${when(drill.at)}${drill.tookMs === null ? "" : `; it was back after ${span(drill.tookMs)}`}`;
  return backup === null ? "none" : `none: graph-mgr backup verify ${backup.sequence} --drill`;
}

/** `running, healthy`; or `moved`, as long as nobody has started it here again. */
export const stateWords = ({ record, state, health }: InstanceStatus): string =>
  isMoved(record) && (state === "stopped" || state === "created") ? "moved" : health === "none" ? state : `${state}, ${health}`;

/** What `update` would do next, a sentence each. */
export function updateWords(
  { to, blocked, unread }: NextUpdate,
  { name }: Pick<InstanceRecord, "name">,
  isCurrent: boolean,
): readonly string[] {
  const from = isCurrent ? "" : ` --from ${name}`;
  const through = to?.hops.slice(0, -1).join(", ") ?? "";
  const read = to === null || to.read.length === 0 ? "" : `, after the instructions of ${to.read.join(", ")} were read`;
  const said = [
    ...(to === null
      ? []
      : [
          `to ${to.version}${through === "" ? "" : ` through ${through}`}${read}: graph-mgr update ${to.version}${from}${through === "" ? "" : " --via-path"}`,
        ]),
    ...(blocked === null
      ? []
      : [
          `${blocked.version} lies here, but ${blocked.missing.length === 0 ? "no path leads there" : `no bundle of ${blocked.missing.join(", ")}, which it takes to get there`}`,
        ]),
    ...(unread.length === 0 ? [] : [`not looked into yet: ${unread.map(path => basename(path)).join(", ")}: graph-mgr versions`]),
  ];
  return said.length === 0 ? ["no newer release lies here"] : said;
}

/** What ends because it is told to, by itself or when its time is up. */
const AS_TOLD = /^ended with code (?:0|137|143)(?!\d)/;

/** What is wrong, by service; nothing of what was stopped, or was never launched. */
export function reasons(
  services: readonly ServiceDetail[],
  { stoppedPolicies, name }: Pick<InstanceRecord, "stoppedPolicies" | "name">,
): readonly string[] {
  const ended = services.filter(({ state }) => state !== "missing");
  const isByHand = ended.length > 0 && ended.every(({ state, why }) => state === "exited" && (why === "" || AS_TOLD.test(why)));
  if (stoppedPolicies === null && isByHand) return [`it was stopped, and not by graph-mgr: graph-mgr launch ${name}`];

  const isMeantToRun = services.some(isUp) || (stoppedPolicies === null && services.some(({ state }) => state !== "missing"));
  return isMeantToRun ? services.flatMap(({ service, why }) => (why === "" ? [] : [`${service}: ${oneLine(why)}`])) : [];
}

/** What a program printed, for a place where it must not move anything. */
export const oneLine = (text: string): string => shownText(text).replaceAll(/\s+/g, " ").trim();

const MADE: Readonly<Record<InstanceRecord["origin"]["how"], string>> = {
  install: "installed",
  copy: "copied",
  adopt: "taken over",
  update: "updated",
  restore: "restored",
};

/** `v2.23.0 of graphistry, layout legacy, updated from v2.22.2`. */
export function releaseWords({ release, product, layout, origin }: InstanceRecord): string {
  // What nobody described is called after Compose.
  const what = layout === product.product ? release : `${release} of ${product.product}, layout ${layout}`;
  const from = origin.how === "update" || origin.how === "copy" ? ` from ${origin.from}` : "";
  return `${what}, ${MADE[origin.how]}${from}`;
}
