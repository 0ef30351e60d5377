import { broken, type Finding, fine, remark, risky } from "../../domain/finding.ts";
import { healthOf, isUp } from "../../domain/health.ts";
import { byReference } from "../../domain/image.ts";
import { ownTag } from "../../domain/instance.ts";
import { portPlace } from "../../domain/isolation.ts";
import { several } from "../../domain/units.ts";
import type { EngineLook } from "../../survey/doctor/engine.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";
import type { InstanceLook } from "../../survey/doctor/instances.ts";

type Container = EngineLook["containers"][number];

const containersOf = ({ facts }: InstanceLook): readonly Container[] => ("value" in facts ? facts.value.containers : []);
const MANY_RESTARTS = 5;

/** F55 F91: of what runs, whether it does what it is for. */
export const judgeHealth = ({ instances }: DoctorFacts): readonly Finding[] =>
  instances.flatMap(look => {
    const { record } = look;
    const containers = containersOf(look);
    if (!containers.some(isUp)) return [];
    const cure = `graph-mgr logs ${record.name}   (graph-mgr status ${record.name} tells more)`;
    const found = record.services.flatMap((service): readonly Finding[] => {
      const { verdict, why } = healthOf(service, containers);
      if (verdict === "failed") return [broken("health", record.name, `${service}: ${why}`, { cure })];
      const own = containers.filter(each => each.service === service);
      const restarts = Math.max(0, ...own.map(each => each.restartCount));
      // It comes up for moments, and nobody is served.
      const isFailing = restarts >= MANY_RESTARTS && own.some(({ state }) => state === "restarting");
      if (verdict === "waiting") return [(isFailing ? broken : risky)("health", record.name, `${service}: ${why}`, { cure })];
      return restarts < MANY_RESTARTS
        ? []
        : [risky("health", record.name, `${service} runs, after ${restarts} restarts`, { cure })];
    });
    return found.length > 0 ? found : [fine("health", record.name, "everything that should run does, and is healthy")];
  });

/** F13 F38 F39 F46 F51, RULES 10: what its files say, and what would come of it. */
export const judgeConfiguration = ({ instances }: DoctorFacts): readonly Finding[] =>
  instances.flatMap(look => {
    const { record, files, facts, hasFolder } = look;
    const { name } = record;
    if (!hasFolder) return [];
    if (!("value" in files))
      return [
        broken("configuration", name, "Compose cannot read its files", {
          cure: `graph-mgr compose ${name} -- config --quiet   (says where)`,
        }),
      ];
    const { projectName, strayComposeKeys, defaultSecrets, missingBinds, unreadCaddyfiles } = files.value;
    const found = unreadCaddyfiles.map(({ path, service, say }) =>
      broken("configuration", name, `the Caddy of ${service} cannot read ${path}, and would not come up with it again: ${say}`, {
        cure: `graph-mgr config edit ${name} ${path}`,
      }),
    );
    if (projectName !== record.project && record.origin.how !== "adopt")
      found.push(
        broken(
          "configuration",
          name,
          `COMPOSE_PROJECT_NAME in its .env is ${projectName === null ? "not there" : projectName}, so plain docker compose in its folder means another project`,
          { cure: `set COMPOSE_PROJECT_NAME=${record.project} in ${record.dir}/.env` },
        ),
      );
    for (const { file, key } of strayComposeKeys)
      found.push(
        risky("configuration", name, `${file} sets ${key}, which the vendor's own script would follow`, {
          cure: `take ${key} out of ${record.dir}/${file}`,
        }),
      );
    for (const { service, source } of missingBinds)
      found.push(
        broken("configuration", name, `${service} mounts ${source}, which is not there: Docker would make an empty folder`, {
          cure: "bring the file back",
        }),
      );
    if (defaultSecrets.length > 0)
      found.push(
        risky(
          "configuration",
          name,
          `${defaultSecrets.join(", ")} still ${defaultSecrets.length === 1 ? "has" : "have"} the value that the vendor ships to everybody`,
          {
            cure: "change it where it is used as well, in the database and in the env file, as the vendor's manual says",
          },
        ),
      );
    const value = "value" in facts ? facts.value : null;
    if (value?.replaced != null && value.replaced.length > 0)
      found.push(
        remark(
          "configuration",
          name,
          `its files were edited since ${value.replaced.join(", ")} ${value.replaced.length === 1 ? "was" : "were"} started; what they say now counts from the next restart on`,
          {
            cure: `graph-mgr restart ${name}`,
          },
        ),
      );
    for (const { service, target } of value?.anonymous ?? [])
      found.push(
        remark(
          "configuration",
          name,
          `${service} keeps ${target} in a volume without a name, which no backup and no update takes along`,
        ),
      );
    for (const each of containersOf(look))
      if (each.mounts.some(({ source }) => /\/docker\.sock$/.test(source)))
        found.push(
          remark(
            "configuration",
            name,
            `${each.service ?? each.name} has the Docker Engine's socket, which is as much as being root`,
          ),
        );
    return found.some(({ severity }) => severity !== "note")
      ? found
      : [...found, fine("configuration", name, "Compose reads its files")];
  });

/** F18, RULES 9: what it launches is there, and no prune takes it. */
export function judgeImages({ instances, engine, ownTags }: DoctorFacts): readonly Finding[] {
  if (!("value" in engine)) return [];
  const there = new Set(engine.value.images.map(({ id }) => id));
  return instances.flatMap(({ record, facts }) => {
    const named = "value" in facts ? facts.value.movedImages : [];
    // Of one that is gone that alone is told.
    const moved = byReference(named.filter(({ id }) => there.has(id))).map(({ run, reference, id }) =>
      risky(
        "images",
        record.name,
        `${reference} is another image by now than the one that ${run}, or is gone: a launch is refused`,
        {
          cure: `docker tag ${id} ${reference}`,
        },
      ),
    );
    const held = Object.entries(record.images).flatMap(([service, { id, reference }]): readonly Finding[] => {
      if (!there.has(id))
        return [
          broken(
            "images",
            record.name,
            `the image of ${service}, ${reference} (${id.slice(7, 19)}), is gone: it cannot be launched again`,
            {
              cure: `docker load --input containers.tar   (of the bundle of ${record.release}, or: graph-mgr import FILE)`,
            },
          ),
        ];
      const own = ownTag(record.project, service);
      const tagged = ownTags.find(({ name }) => name === own)?.id ?? null;
      if (tagged === id) return [];
      const what =
        tagged === null
          ? `the tag ${own} is gone, so a prune may take the image of ${service}`
          : `the tag ${own} points to another image than ${service} runs`;
      return [
        risky("images", record.name, what, {
          cure: `docker tag ${id} ${own}`,
          fixes: [{ kind: "tag", project: record.project, service, own, reference, id }],
        }),
      ];
    });
    const found = [...held, ...moved];
    return found.length > 0
      ? found
      : [fine("images", record.name, `${several(Object.keys(record.images).length, "image")}, all there and kept`)];
  });
}

/** F16, RULES 22: what wakes after a reboot, and what does not. While an operation is unfinished they are its own. */
export function judgePolicies({ instances, home }: DoctorFacts): readonly Finding[] {
  if ("value" in home.operations && home.operations.value.some(({ outcome }) => outcome === "unfinished"))
    return [remark("restart-policy", home.path, "not looked at while an operation is unfinished")];
  return instances.flatMap(look => {
    const { record, files } = look;
    const found = containersOf(look).flatMap(({ name, service, restartPolicy, state }): readonly Finding[] => {
      const isStopped = record.stoppedPolicies !== null && !isUp({ state });
      const said = "value" in files ? files.value.policies[service ?? ""] : undefined;
      const wanted = isStopped ? "no" : (record.stoppedPolicies?.[service ?? ""] ?? said ?? restartPolicy);
      if (wanted === restartPolicy) return [];
      const what = isStopped
        ? `${name} is stopped and would be started again by the engine (restart: ${restartPolicy})`
        : `${name} has restart: ${restartPolicy}, and its files say ${wanted}`;
      return [
        risky("restart-policy", record.name, what, {
          cure: `docker update --restart=${wanted} ${name}`,
          fixes: [{ kind: "policy", project: record.project, container: name, policy: wanted }],
        }),
      ];
    });
    return found.length > 0 || containersOf(look).length === 0
      ? found
      : [fine("restart-policy", record.name, "as its files say")];
  });
}

/** F16: from outside of Docker. For what is current that may be wanted. */
export const judgeRevivers = ({ instances }: DoctorFacts): readonly Finding[] =>
  instances.flatMap(({ record, isCurrent, revivers }) =>
    revivers.map(where =>
      (isCurrent ? remark : risky)("revivers", record.name, `what could start it behind graph-mgr's back: ${where}`, {
        cure: "stop and disable it, or have it start what `current` points at",
      }),
    ),
  );

/** F35: whether what it publishes is its own. */
export const judgePorts = ({ instances }: DoctorFacts): readonly Finding[] =>
  instances.flatMap(look => {
    const { record, facts, isCurrent } = look;
    if (!("value" in facts)) return [];
    const { takenPorts, published, active } = facts.value;
    const isUpNow = containersOf(look).some(isUp);
    const found = takenPorts.map(({ by, host, ...place }) => {
      const judge = isUpNow ? broken : isCurrent ? risky : remark;
      return judge(
        "ports",
        record.name,
        `${isUpNow ? "its" : "launched, it would want"} port ${host} (${portPlace(place)}), which is in use by ${by ?? "another program"}`,
        {
          cure: "stop what uses it (graph-mgr list, `ss -ltunp`), or choose another in its files",
        },
      );
    });
    const hosts = published.filter(({ service, host }) => active.includes(service) && host !== null).map(({ host }) => host);
    return found.length > 0 || !isUpNow
      ? found
      : [
          fine(
            "ports",
            record.name,
            hosts.length === 0 ? "publishes none" : `publishes ${[...new Set(hosts)].join(", ")}, all its own`,
          ),
        ];
  });
