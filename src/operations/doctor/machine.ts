import { isCaddysOwn } from "../../domain/certificate.ts";
import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { growthOf, measurementOf, usedOf } from "../../domain/sizes.ts";
import { bytes, span } from "../../domain/units.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
/** What a database of the smallest kind needs for a dump, and what is left when everything begins to fail. */
const DISK = { leastBytes: GIB, leastShare: 0.05, littleShare: 0.1, littleDays: 21, leastDays: 4, leastFiles: 0.05 } as const;
const MEMORY = { leastBytes: 256 * 1024 ** 2, littleBytes: GIB } as const;
const CURE =
  "make room: graph-mgr volumes, graph-mgr backup list and `docker system df` tell what takes it (never `docker system prune --volumes`)";

/** F23 F94: room and inodes, and how long they last. */
export function judgeDisks(facts: DoctorFacts): readonly Finding[] {
  const measured = [...facts.home.sizes, measurementOf(facts)];
  const found: Finding[] = asOne(facts.machine.disks).flatMap(({ path, what, room }) => {
    const subject = `${path} (${what})`;
    if (room === null) return [remark("disk", subject, "how full it is cannot be told from here")];
    const { totalBytes, freeBytes, totalFiles, freeFiles } = room;
    const growth = growthOf(measured, usedOf(path, totalBytes));
    const grows = growth !== null && growth.bytesPerDay > 0 ? growth : null;
    const days = grows === null ? null : freeBytes / grows.bytesPerDay;
    const free = `${bytes(freeBytes)} of ${bytes(totalBytes)} free`;
    const lasts =
      growth === null
        ? "; how long that lasts is told by a second look, some hours from now"
        : days === null
          ? `; it has not grown in ${span(growth.overMs)}`
          : `; enough for ${days >= 3650 ? "years" : days < 1 ? "less than a day" : `${Math.floor(days)} days`} at the present growth of ${bytes(grows?.bytesPerDay ?? 0)} a day (seen over ${span(growth.overMs)})`;
    const isFull = freeBytes < DISK.leastBytes || freeBytes < DISK.leastShare * totalBytes || (days ?? Infinity) < DISK.leastDays;
    const isLow = freeBytes < DISK.littleShare * totalBytes || (days ?? Infinity) < DISK.littleDays;
    const judge = isFull ? broken : isLow ? risky : fine;
    const files =
      totalFiles > 0 && freeFiles < DISK.leastFiles * totalFiles
        ? [
            broken("disk", subject, `it can hold only ${freeFiles} more files, however small (inodes)`, {
              cure: `find where they are: du --inodes -xS ${path} | sort -n | tail`,
            }),
          ]
        : [];
    return [judge("disk", subject, `${free}${lasts}`, isFull || isLow ? { cure: CURE } : {}), ...files];
  });
  return [...found, ...fastest(facts, measured)];
}

type Disk = DoctorFacts["machine"]["disks"][number];

/** Home and engine are on one file system, on most machines: then it is told once. */
function asOne(disks: readonly Disk[]): readonly Disk[] {
  const all: Disk[] = [];
  for (const disk of disks) {
    const at = all.findIndex(({ room }) => room !== null && disk.room !== null && isSame(room, disk.room));
    const twin = all[at];
    if (twin === undefined) all.push(disk);
    else all[at] = { ...twin, what: `${twin.what}, ${disk.what}` };
  }
  return all;
}

/** Something may have been written between two looks. */
const isSame = (one: NonNullable<Disk["room"]>, other: NonNullable<Disk["room"]>): boolean =>
  one.totalBytes === other.totalBytes &&
  one.totalFiles === other.totalFiles &&
  Math.abs(one.freeBytes - other.freeBytes) < one.totalBytes / 1000;

/** Which volume it is that grows. */
function fastest({ instances, volumeSizes }: DoctorFacts, measured: Parameters<typeof growthOf>[0]): readonly Finding[] {
  if (volumeSizes === null) return [];
  const names = instances.flatMap(({ record }) => record.volumes.map(({ name }) => ({ name, instance: record.name })));
  return names.flatMap(({ name, instance }) => {
    const growth = growthOf(measured, ({ volumes }) => volumes[name] ?? null);
    if (growth === null || growth.bytesPerDay <= 0) return [];
    return [
      fine("disk", instance, `its volume ${name} grows by ${bytes(growth.bytesPerDay)} a day (seen over ${span(growth.overMs)})`),
    ];
  });
}

export function judgeMemory({ machine: { memory } }: DoctorFacts): readonly Finding[] {
  if (memory === null) return [remark("memory", "this machine", "how much memory is free cannot be told here")];
  const text = `${bytes(memory.freeBytes)} of ${bytes(memory.totalBytes)} free, swap included`;
  const cure = "stop what is not needed (graph-mgr list, `docker stats --no-stream`)";
  if (memory.freeBytes < MEMORY.leastBytes)
    return [
      broken("memory", "this machine", `${text}: an update or a backup would be refused, and the kernel may end programs`, {
        cure,
      }),
    ];
  if (memory.freeBytes < MEMORY.littleBytes) return [risky("memory", "this machine", text, { cure })];
  return [fine("memory", "this machine", text)];
}

export const judgeNames = ({ machine: { hosts } }: DoctorFacts): readonly Finding[] =>
  hosts.map(({ instance, host, addresses }) => {
    if (addresses === null)
      return remark(
        "dns",
        instance,
        `${host} could not be looked up: no name server answers (without a network that is to be expected)`,
      );
    if (addresses === "unknown")
      return risky("dns", instance, `its Caddyfile serves ${host}, and this machine's name servers know no such name`, {
        cure: `correct the name in the Caddyfile, or enter it (in DNS, or in /etc/hosts): getent hosts ${host}`,
      });
    return fine("dns", instance, `${host} is ${addresses.join(", ")}`);
  });

const SOON_DAYS = 21;

/** What ends, or has ended: in files, and as it is served. */
export function judgeCertificates({ certificates: { seen, silent }, now }: DoctorFacts): readonly Finding[] {
  const cure = "put the new certificate and its key in the place of the old ones, then: graph-mgr restart NAME";
  const judged = seen.map(({ instance, where, subject, until, issuer, isServed }) => {
    const days = Math.floor((Date.parse(until) - Date.parse(now)) / DAY_MS);
    const what = `${isServed ? "the certificate that is served at" : "the certificate in"} ${where} (${subject})`;
    const more = { cure: cure.replace("NAME", instance) };
    if (Date.parse(until) <= Date.parse(now))
      return broken("certificates", instance, `${what} ended on ${until.slice(0, 10)}`, more);
    if (days >= SOON_DAYS || isCaddysOwn({ issuer }))
      return fine("certificates", instance, `${what} lasts until ${until.slice(0, 10)}`);
    return risky("certificates", instance, `${what} ends in ${days} days, on ${until.slice(0, 10)}`, more);
  });
  const mute = silent.map(({ instance, port, host }) =>
    risky("certificates", instance, `nobody shows a certificate for ${host} at its port ${port}, where its Caddyfile has https`, {
      cure: `graph-mgr logs ${instance}`,
    }),
  );
  return [...judged, ...mute];
}
