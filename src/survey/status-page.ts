import type { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type ListedPort, listedPorts } from "../domain/listed-ports.ts";
import { beganAt } from "../domain/schedule.ts";
import type { ContainerSummary, World } from "../host/world.ts";
import type { OperationEnd, OperationEntry } from "../plan/operations.ts";
import { type InstanceDetails, type ServiceDetail, surveyDetails } from "./instance-details.ts";
import { type LastBackup, surveyLastBackup } from "./last-backup.ts";

/** One operation of the home, for its history. */
export interface PastOperation {
  readonly id: string;
  readonly kind: string;
  readonly instance: string | null;
  readonly outcome: OperationEntry["outcome"];
  /** ISO 8601; null where nobody wrote it down. */
  readonly beganAt: string | null;
  readonly endedAt: string | null;
  /** What visitors went without; null where nobody was turned away, or that was not written down. */
  readonly downtimeMs: number | null;
  readonly downtimeApproximate: boolean;
}

/** What an operator looks at: one instance, measured, and how it came to be so. */
export interface StatusPage extends InstanceDetails, LastBackup {
  readonly engine: { readonly version: string; readonly compose: string };
  /** `http://localhost:8080/`, as far as it has such ports. */
  readonly addresses: readonly string[];
  /** Since when it answers, ISO 8601; null while it does not run. */
  readonly servingSince: string | null;
  /** Of the whole home, oldest first. */
  readonly operations: readonly PastOperation[];
}

export async function surveyStatusPage(
  world: World,
  home: Home,
  record: InstanceRecord,
  containers: readonly ContainerSummary[],
  operations: readonly OperationEntry[],
  endOf: (id: string) => Promise<OperationEnd | null>,
): Promise<StatusPage> {
  const [details, { version, compose }, backup] = await Promise.all([
    surveyDetails(world, record),
    world.engine.about(),
    surveyLastBackup(world, home, record.name, operations),
  ]);
  return {
    ...details,
    ...backup,
    engine: { version, compose },
    addresses: addressesOf(record, listedPorts(record.ports, containers)),
    servingSince: servingSince(record, details.services),
    operations: await pastOf(operations, endOf),
  };
}

export const pastOf = async (
  operations: readonly OperationEntry[],
  endOf: (id: string) => Promise<OperationEnd | null>,
): Promise<readonly PastOperation[]> =>
  await Promise.all(
    operations.map(async ({ plan, outcome }) => {
      const end = await endOf(plan.id);
      return {
        id: plan.id,
        kind: plan.operation,
        instance: plan.instance,
        outcome,
        beganAt: beganAt(plan.id),
        endedAt: end?.at ?? null,
        downtimeMs: end?.downtimeMs ?? null,
        downtimeApproximate: end?.downtimeApproximate === true,
      };
    }),
  );

const USUAL = { http: 80, https: 443 } as const;

function addressesOf({ product }: InstanceRecord, ports: readonly ListedPort[]): readonly string[] {
  return (["http", "https"] as const).flatMap(scheme => {
    const at = product.ports[scheme];
    const found = ports.find(({ service, container }) => at?.service === service && at.container === container);
    if (found === undefined || found.host === null) return [];
    return [`${scheme}://localhost${found.host === USUAL[scheme] ? "" : `:${found.host}`}/`];
  });
}

/** The front's start, for that is what visitors meet; of a product without one, the start of what was started last. */
function servingSince({ product }: InstanceRecord, services: readonly ServiceDetail[]): string | null {
  const up = services.filter(({ state }) => state === "running");
  const front = up.find(({ service }) => service === product.ports.http?.service || service === product.ports.https?.service);
  const last = up
    .flatMap(({ since }) => since ?? [])
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);
  return front?.since ?? last ?? null;
}
