import { isMoved } from "../domain/instance.ts";
import { portPlace } from "../domain/isolation.ts";
import { listedPorts } from "../domain/listed-ports.ts";
import { bytes, span } from "../domain/units.ts";
import { spoken } from "../plan/plan.ts";
import type { InstanceStatus } from "../survey/states.ts";
import type { PastOperation } from "../survey/status-page.ts";
import { escaped, htmlTable, moment, time } from "./html.ts";
import { downtimeChart } from "./status-chart.ts";
import { PAGE_STYLE } from "./status-style.ts";
import type { PageFacts } from "./status-text.ts";
import { backupWords, drillWords, reasons, releaseWords, stateWords, updateWords } from "./status-words.ts";

const PAST_SHOWN = 50;

/**
 * One page in one file: nothing is loaded and nothing is run, so that it opens from a stick, by mail and behind any server.
 * @param all every instance of the home
 * @param now ISO 8601
 */
export function statusPageHtml(
  facts: PageFacts,
  home: string,
  all: readonly InstanceStatus[],
  unfinished: string | null,
  now: string,
): string {
  const { record, isCurrent, status, page } = facts;
  const health = status.health === "none" ? status.state : status.health;
  const bad = reasons(page.services, record);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="color-scheme" content="light dark">`,
    `<meta name="referrer" content="no-referrer">`,
    `<title>${escaped(`${record.name}: ${health}`)}</title>`,
    `<style>${PAGE_STYLE}</style></head><body><main>`,
    `<h1>${escaped(record.name)} <span class="badge ${badge(status)}">${escaped(stateWords(status))}</span></h1>`,
    `<p>${isCurrent ? "The current instance of" : "An instance of"} ${escaped(home)}, as of ${time(now)}.</p>`,
    ...(unfinished === null ? [] : [`<p class="reason">${escaped(unfinished)}</p>`]),
    ...bad.map(reason => `<p class="reason">${escaped(reason)}</p>`),
    factList(facts),
    services(facts),
    volumes(facts),
    ...(all.length > 1 ? [instances(all, isCurrent ? record.name : null)] : []),
    history(page.operations.slice(-PAST_SHOWN).reverse(), downtimeChart(page.operations)),
    "</main></body></html>",
    "",
  ].join("\n");
}

const badge = ({ state, health }: InstanceStatus): "good" | "bad" | "quiet" =>
  state === "partial" || state === "missing" || health === "unhealthy"
    ? "bad"
    : state === "running" && health !== "starting"
      ? "good"
      : "quiet";

function factList({ record, isCurrent, page, update }: PageFacts): string {
  const when = (at: string) => moment(at);
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ["Release", [escaped(releaseWords(record))]],
    ["Serves since", page.servingSince === null ? [] : [time(page.servingSince)]],
    ["Moved to", isMoved(record) ? [escaped(record.movedTo)] : []],
    ["Address", isMoved(record) ? [] : page.addresses.map(escaped)],
    ["Ports", record.ports.map(port => escaped(`${portPlace(port)} on port ${port.host ?? "chosen by the engine"}`))],
    ["Database", page.database === null ? [] : [escaped(`Postgres ${page.database.version}, ${bytes(page.database.sizeBytes)}`)]],
    ["Last backup", [escaped(backupWords(page, when))]],
    ["Last drill", [escaped(drillWords(page, when))]],
    ["Update", updateWords(update, record, isCurrent).map(escaped)],
    ["Engine", [escaped(`Docker ${page.engine.version}, Compose ${page.engine.compose}`)]],
    ["Folder", [escaped(record.dir)]],
  ];
  const lines = facts.filter(([, texts]) => texts.length > 0);
  return `<dl>${lines.map(([label, texts]) => `<dt>${label}</dt>${texts.map(text => `<dd>${text}</dd>`).join("")}`).join("\n")}</dl>`;
}

const services = ({ page }: PageFacts): string =>
  htmlTable(
    "Services",
    ["Service", "State", "Health", "Since", "Restarts", "Image"],
    page.services.map(({ service, state, health, since, restarts, image }) => [
      escaped(service),
      escaped(state),
      // Why it is so stands above.
      health === "unhealthy" ? `<span class="reason">unhealthy</span>` : escaped(health === "none" ? "" : health),
      since === null || state !== "running" ? "" : time(since),
      restarts > 0 ? String(restarts) : "",
      escaped(image),
    ]),
  );

const volumes = ({ page }: PageFacts): string =>
  page.volumes.length === 0
    ? ""
    : htmlTable(
        "Volumes",
        ["Volume", "Name", "Size"],
        page.volumes.map(({ key, name, sizeBytes }) => [
          escaped(key),
          escaped(name),
          sizeBytes === null ? `<span class="reason">not there</span>` : escaped(bytes(sizeBytes)),
        ]),
      );

const instances = (all: readonly InstanceStatus[], current: string | null): string =>
  htmlTable(
    "All instances",
    ["Instance", "State", "Health", "Ports"],
    all.map(({ record, state, health, containers }) => [
      escaped(`${record.name}${record.name === current ? " (current)" : ""}`),
      escaped(state),
      escaped(health === "none" ? "" : health),
      escaped(
        listedPorts(record.ports, containers)
          .flatMap(({ host }) => host ?? [])
          .join(", "),
      ),
    ]),
  );

function history(past: readonly PastOperation[], chart: string): string {
  const rows = past.map(({ kind, instance, outcome, beganAt, endedAt, downtimeMs, downtimeApproximate }) => [
    beganAt === null ? "" : time(beganAt),
    escaped(spoken(kind)),
    escaped(instance ?? ""),
    outcome === "unfinished" ? `<span class="reason">unfinished</span>` : escaped(outcome),
    beganAt === null || endedAt === null ? "" : escaped(span(Date.parse(endedAt) - Date.parse(beganAt))),
    downtimeMs === null ? "" : escaped(`${downtimeApproximate ? "about " : ""}${span(downtimeMs)}`),
  ]);
  return [
    "<h2>What was done here</h2>",
    chart === ""
      ? "<p>No operation turned visitors away, as far as that was written down.</p>"
      : `<figure><figcaption>What visitors went without</figcaption>${chart}</figure>`,
    ...(rows.length === 0
      ? []
      : [htmlTable("Operations, newest first", ["Began", "Operation", "Instance", "Outcome", "Took", "Downtime"], rows)]),
  ].join("\n");
}
