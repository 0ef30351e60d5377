import { join } from "node:path";
import { Home, targetOf } from "../domain/home.ts";
import { byReference } from "../domain/image.ts";
import { ownTag } from "../domain/instance.ts";
import { portPlace } from "../domain/isolation.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  dropScratch,
  keepPristine,
  moveAside,
  noPristine,
  removeImages,
  setCurrent,
  tagImages,
  unpackBundle,
  writeRecord,
} from "../steps/index.ts";
import type { AdoptFacts } from "../survey/adopt.ts";
import type { InstanceFacts } from "../survey/instance.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseAdopt } from "./refuse-adopt.ts";

export interface AdoptRequest {
  /** Values of `--acknowledge`. */
  readonly acknowledged: readonly string[];
}

/**
 * From here on the home knows an install that was made by hand. What it serves goes on as it is: its folder is only read, no container is
 * touched, and its names stay as they were found. @throws OperatorError
 */
export function planAdopt(facts: AdoptFacts, request: AdoptRequest, occasion: Occasion): Plan {
  refuseAdopt(facts, request.acknowledged);
  const { found, instance } = facts;
  const home = new Home(facts.home.home.path);
  const id = operationId("adopt", occasion);
  const { images, movedTo: _, ...record } = found.record;
  const pristine =
    facts.bundle === null ? home.noPristine(instance.name) : home.pristine(instance.release, facts.bundle.source.digest);
  const kept = Object.entries(images).map(([service, { id: image, reference }]) => ({
    service,
    own: ownTag(record.project, service),
    reference,
    config: image,
    layers: [...(facts.layers[service] ?? [])],
  }));
  return newPlan({
    id,
    operation: "adopt",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Take over ${record.dir} as ${instance.name} of ${home.path}`,
    notes: notesOn(facts),
    wayBack: `graph-mgr adopt --forget ${instance.name}`,
    steps: [
      ...pristineSteps(facts, home, id, pristine),
      tagImages.step({ slug: record.project, store: facts.engine.imageStore, tags: kept }),
      writeRecord.step({
        path: home.record(instance.name),
        name: instance.name,
        record: { ...record, pristine, origin: { ...record.origin, operation: id }, createdAt: occasion.now.toISOString() },
        images: kept.map(({ service, own, reference }) => ({ service, own, reference, shipped: false })),
      }),
      ...(facts.home.current === null ? [setCurrent.step({ link: home.current(), target: targetOf(home, record.dir) })] : []),
    ],
    result: {
      version: instance.release,
      project: record.project,
      dir: record.dir,
      ports: record.ports.map(port => ({ ...port })),
    },
  });
}

function pristineSteps({ bundle, instance }: AdoptFacts, home: Home, operation: string, to: string): readonly PlannedStep[] {
  if (bundle === null) return [noPristine.step({ to, release: instance.release })];
  const staging = home.staging(operation);
  return [
    unpackBundle.step({ bundle: { ...bundle.source }, to: staging }),
    keepPristine.step({ from: staging, to, paths: bundle.textPaths, release: instance.release }),
    dropScratch.step({ path: staging }),
  ];
}

function notesOn(facts: AdoptFacts): readonly string[] {
  const { found, edits, bundle, instance, movedTags, otherPorts } = facts;
  const { record, replaced, active, containers, anonymous } = found;
  const bound = record.ports.flatMap(port => (port.host === null ? [] : [`${portPlace(port)} on ${port.host}`]));
  const missing = active.filter(service => record.images[service] === undefined);
  return [
    `it is the project ${record.project}${facts.isRunning ? ", which goes on running" : ", which does not run"}; nothing in its folder is written`,
    `volumes: ${record.volumes.map(({ name }) => name).join(", ") || "none"}; networks: ${record.networks.map(({ name }) => name).join(", ") || "none"}; ports: ${bound.join(", ") || "none"}`,
    ...(edits === null
      ? [
          `the bundle of ${instance.release} is not here, so nobody can tell which of its files and settings you changed; at an update you will be asked about what differs (\`--bundle FILE\` spares that)`,
        ]
      : edits.length === 0
        ? [`all of its files are as ${bundle?.source.path} has them`]
        : edits.map(edit => `changed, compared with ${bundle?.source.path}: ${edit}`)),
    ...(containers.length > 0 && (replaced === null || replaced.length > 0)
      ? [
          replaced === null
            ? "whether its files were changed since it was started cannot be told"
            : `its files were changed since it was started: a restart makes new containers of ${replaced.join(", ")}`,
        ]
      : []),
    ...otherPorts.map(
      ({ service, container, has, says }) =>
        `${service}:${container} is published on ${has}, and its files say ${says ?? "no port"} now: a restart changes that`,
    ),
    ...byReference(movedTags).map(
      ({ run, reference }) =>
        `${reference} is another image by now than the one that ${run}, or is gone; the one that runs is kept`,
    ),
    ...missing.map(service => `the image of ${service} is not on this engine`),
    ...anonymous.map(
      ({ service, target }) => `${service} keeps ${target} in a volume without a name, which no update or copy takes along`,
    ),
  ];
}

/** The home no longer knows it; whatever runs goes on, and its folder and volumes stay where they are. @throws OperatorError NOT_ADOPTED */
export function planForget(
  { record, recordPath, isCurrent, home: path }: InstanceFacts,
  occasion: Occasion,
  /** Instances of the home that `rollback` would lead back from to this one. */
  comeFromIt: readonly string[] = [],
): Plan {
  if (record.origin.how !== "adopt") {
    throw new OperatorError(
      "NOT_ADOPTED",
      `${record.name} was not taken over: graph-mgr laid it out itself (${record.origin.how}).`,
      {
        hint: `graph-mgr remove ${record.name}`,
      },
    );
  }
  const home = new Home(path);
  const id = operationId("forget", occasion);
  return newPlan({
    id,
    operation: "forget",
    instance: record.name,
    home: home.path,
    engine: record.engine,
    summary: `Give ${record.name} back to whoever runs it by hand; nothing of it is stopped, moved or deleted`,
    notes: [
      ...comeFromIt.map(
        name =>
          `${name} was updated from it: \`graph-mgr rollback\` finds it no more, until it is adopted again under the same name`,
      ),
      `the names that graph-mgr gave its images, by which no prune takes them, go; the images stay`,
      `plain \`docker compose -p ${record.project}\` in ${record.dir} goes on working as before`,
      ...(record.stoppedPolicies === null
        ? []
        : [
            "it was stopped by graph-mgr, which took its restart policies away; `docker compose up -d --force-recreate` there gives them back",
          ]),
    ],
    wayBack: `graph-mgr adopt ${record.dir}`,
    steps: [
      ...(isCurrent ? [setCurrent.step({ link: home.current(), target: null })] : []),
      moveAside.step({ from: recordPath, to: join(home.operation(id), "record.json"), what: "its record" }),
      removeImages.step({
        slug: record.project,
        tags: Object.keys(record.images).map(service => ownTag(record.project, service)),
        ids: [],
      }),
    ],
  });
}
