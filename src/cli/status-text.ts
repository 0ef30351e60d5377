import { type InstanceRecord, isMoved } from "../domain/instance.ts";
import { portPlace } from "../domain/isolation.ts";
import { bytes, span } from "../domain/units.ts";
import { spoken } from "../plan/plan.ts";
import type { NextUpdate } from "../survey/next-update.ts";
import type { InstanceStatus } from "../survey/states.ts";
import type { PastOperation, StatusPage } from "../survey/status-page.ts";
import { ago, backupWords, drillWords, reasons, releaseWords, stateWords, updateWords } from "./status-words.ts";
import { table } from "./table.ts";
import { widthOf, wrap } from "./text.ts";

/** All that a page shows, in text and as HTML. */
export interface PageFacts {
  readonly record: InstanceRecord;
  readonly isCurrent: boolean;
  readonly status: InstanceStatus;
  readonly page: StatusPage;
  readonly update: NextUpdate;
}

const PAST_SHOWN = 5;

/** @param columns of the terminal; null: as wide as it is */
export function statusPageText(facts: PageFacts, nowMs: number, columns: number | null): string {
  const { record, isCurrent, status, page } = facts;
  const since = page.servingSince === null ? "" : `, for ${span(nowMs - Date.parse(page.servingSince))}`;
  const services = page.services.map(({ service, state, health, since: begun, image, restarts }) => [
    service,
    state,
    // Why it is so stands above.
    health === "none" ? "" : health,
    begun === null || state !== "running" ? "" : span(nowMs - Date.parse(begun)),
    restarts > 0 ? String(restarts) : "",
    image,
  ]);
  const volumes = page.volumes.map(({ key, name, sizeBytes }) => [
    key,
    name,
    sizeBytes === null ? "not there" : bytes(sizeBytes),
  ]);
  const past = page.operations.slice(-PAST_SHOWN).reverse();
  return [
    `${record.name}${isCurrent ? " (current)" : ""}: ${stateWords(status)}${since}`,
    ...reasons(page.services, record).map(reason => shown(`  ! ${reason}`, columns)),
    labelled(factsOf(facts, nowMs), columns),
    "",
    table(["SERVICE", "STATE", "HEALTH", "SINCE", "RESTARTS", "IMAGE"], services, columns),
    ...(volumes.length === 0 ? [] : ["", table(["VOLUME", "NAME", "SIZE"], volumes, columns)]),
    ...(past.length === 0
      ? []
      : [
          "",
          table(
            ["OPERATION", "INSTANCE", "WHEN", "OUTCOME", "DOWNTIME"],
            past.map(each => pastRow(each, nowMs)),
            columns,
          ),
        ]),
  ].join("\n");
}

function factsOf({ record, isCurrent, page, update }: PageFacts, nowMs: number): readonly Row[] {
  const when = ago(nowMs);
  const ports = record.ports.map(port => `${portPlace(port)} on port ${port.host ?? "chosen by the engine"}`);
  return [
    ["Release", releaseWords(record)],
    ["Folder", record.dir],
    ...(isMoved(record) ? [["Moved to", record.movedTo] as const] : page.addresses.map(address => ["Address", address] as const)),
    ...(ports.length === 0 ? [] : [["Ports", ports.join(", ")] as const]),
    ...(page.database === null
      ? []
      : [["Database", `Postgres ${page.database.version}, ${bytes(page.database.sizeBytes)}`] as const]),
    ["Last backup", backupWords(page, when)],
    ["Last drill", drillWords(page, when)],
    ...updateWords(update, record, isCurrent).map(words => ["Update", words] as const),
    ["Engine", `Docker ${page.engine.version}, Compose ${page.engine.compose}`],
  ];
}

const pastRow = ({ kind, instance, beganAt, outcome, downtimeMs, downtimeApproximate }: PastOperation, nowMs: number) => [
  spoken(kind),
  instance ?? "",
  beganAt === null ? "" : `${span(nowMs - Date.parse(beganAt))} ago`,
  outcome,
  downtimeMs === null ? "" : `${downtimeApproximate ? "about " : ""}${span(downtimeMs)}`,
];

type Row = readonly [label: string, text: string];

/** What has the label of the line above goes without it. */
function labelled(rows: readonly Row[], columns: number | null): string {
  const width = Math.max(...rows.map(([label]) => widthOf(label)));
  return rows
    .map(([label, text], index) => {
      const head = rows[index - 1]?.[0] === label ? "" : label;
      const lines = shown(text, columns === null ? null : columns - width - 4).split("\n");
      return lines.map((line, at) => `  ${(at === 0 ? head : "").padEnd(width)}  ${line}`).join("\n");
    })
    .join("\n");
}

const shown = (text: string, columns: number | null): string => (columns === null ? text : wrap(text, Math.max(20, columns - 1)));
