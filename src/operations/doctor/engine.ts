import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { compareVersions } from "../../domain/postgres-facts.ts";
import { span } from "../../domain/units.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";

const LEAST = { engine: "20.10", compose: "2.24" } as const;
const CLOCKS_APART_MS = 5000;

/** F90: what graph-mgr cannot work with. */
export function judgeEngine({ engine, compose, home }: DoctorFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (!("value" in engine)) {
    const cure = engine.hint ?? "systemctl start docker   (and see `docker info`)";
    return [broken("engine", "Docker Engine", `the Docker Engine does not answer this user: ${engine.unable}`, { cure })];
  }
  const { id, version, system } = engine.value.diagnosis;
  found.push(
    compareVersions(version, LEAST.engine) < 0
      ? broken("engine", "Docker Engine", `the Docker Engine is ${version}, and ${LEAST.engine} is the oldest that will do`, {
          cure: "update Docker (https://docs.docker.com/engine/install/)",
        })
      : fine("engine", "Docker Engine", `Docker Engine ${version} on ${system}`),
  );
  if (!("value" in compose))
    found.push(broken("engine", "Docker Compose", compose.unable, { cure: compose.hint ?? "install the docker-compose-plugin" }));
  else
    found.push(
      compareVersions(compose.value.replace(/^v/, ""), LEAST.compose) < 0
        ? broken("engine", "Docker Compose", `Compose is ${compose.value}, and ${LEAST.compose} is the oldest that will do`, {
            cure: "install a newer docker-compose-plugin",
          })
        : fine("engine", "Docker Compose", `Compose ${compose.value.replace(/^v/, "")}`),
    );
  for (const { name, engine: own } of home.records)
    if (own !== id)
      found.push(
        broken("engine", name, `it lives on another Docker Engine than the one that answers now`, {
          cure: "see DOCKER_HOST and `docker context ls`",
        }),
      );
  return found;
}

/** F66: ours against the engine's, against what was written down before, and whether anybody holds it to others'. */
export function judgeClock({ engine, machine, home, backups, now }: DoctorFacts): readonly Finding[] {
  const found: Finding[] = [];
  const cure = "set the clock, and let something hold it: timedatectl set-ntp true";
  if ("value" in engine) {
    const apartMs = Math.abs(engine.value.aheadMs);
    found.push(
      apartMs > CLOCKS_APART_MS
        ? risky(
            "clock",
            "Docker Engine",
            `its clock is ${span(apartMs)} ${engine.value.aheadMs > 0 ? "ahead of" : "behind"} this machine's`,
            { cure },
          )
        : fine("clock", "Docker Engine", "its clock and this machine's agree"),
    );
  }
  const written = [
    ...("value" in home.operations
      ? home.operations.value.map(({ plan }) => ({ what: `the operation ${plan.id}`, at: timeOf(plan.id) }))
      : []),
    ...("value" in backups
      ? backups.value.noted.map(({ sequence, createdAt }) => ({ what: `the backup ${sequence}`, at: createdAt }))
      : []),
  ];
  const future = written.filter(({ at }) => at !== null && Date.parse(at) > Date.parse(now) + CLOCKS_APART_MS);
  const [latest] = [...future].sort((a, b) => ((a.at ?? "") < (b.at ?? "") ? 1 : -1));
  if (latest !== undefined)
    found.push(
      risky(
        "clock",
        "this machine",
        `${latest.what} is of ${latest.at}, which is still to come: the clock was set back, or was wrong then`,
        { cure },
      ),
    );
  if (machine.isSynchronized === false)
    found.push(risky("clock", "this machine", "nothing holds its clock to that of others", { cure }));
  if (machine.isSynchronized === null)
    found.push(
      remark(
        "clock",
        "this machine",
        "whether anything holds its clock to that of others cannot be told: systemd does not say it here",
      ),
    );
  return found;
}

/** `20261120T101500Z-install-3f9a` */
function timeOf(id: string): string | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

export function judgeGpu({ instances, engine, machine }: DoctorFacts): readonly Finding[] {
  return instances.flatMap(({ record, files }) => {
    const services = "value" in files ? files.value.gpu : [];
    if (services.length === 0 || !("value" in engine)) return [];
    const asks = `${services.join(", ")} ask${services.length === 1 ? "s" : ""} for a GPU`;
    if (!engine.value.diagnosis.runtimes.includes("nvidia"))
      return [
        broken("gpu", record.name, `${asks}, and the Docker Engine has no runtime \`nvidia\``, {
          cure: "install the nvidia-container-toolkit, then: nvidia-ctk runtime configure --runtime=docker && systemctl restart docker",
        }),
      ];
    if (!machine.hasGpu)
      return [
        risky("gpu", record.name, `${asks}, and no device of NVIDIA's driver is seen on this machine`, {
          cure: "nvidia-smi   (where it fails, the driver is missing; an engine elsewhere has its own)",
        }),
      ];
    return [fine("gpu", record.name, `${asks}, and there is one`)];
  });
}
