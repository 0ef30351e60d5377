import { isUp } from "../domain/health.ts";
import { shellWord } from "../domain/shell-word.ts";
import { OperatorError } from "../errors.ts";
import type { AdoptFacts } from "../survey/adopt.ts";
import { allAtOnce } from "./at-once.ts";
import { refuseExternalDatabase, refuseOldEngine, refuseServices } from "./refusals.ts";
import { refuseUnread } from "./refuse-path.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";

/**
 * Everything that makes it dangerous to take an install over, told at once with the cure of each.
 * @throws OperatorError
 */
export function refuseAdopt(facts: AdoptFacts, acknowledged: readonly string[]): void {
  // Nothing else would make sense.
  refuseAdopted(facts);
  refuseNothing(facts);
  refuseHomeInside(facts);
  allAtOnce([
    () => refuseOldEngine(facts.engine),
    () => refuseName(facts),
    () => refuseServices({ model: { name: "", services: Object.fromEntries(facts.found.active.map(name => [name, {}])) } }),
    () => refuseOtherBundle(facts),
    () => refuseOthers(facts),
    () => refuseNetworks(facts),
    () => refuseVolumes(facts),
    () => refuseExternalDatabase(facts.model, facts.found.record.product),
    () => refuseMissingVolumes(facts.found, "it is not whole"),
    () => refuseFiles(facts),
    () => refuseUnclean(facts),
    () => refuseUnread(facts.revivers, acknowledged),
  ]);
}

/** @throws OperatorError ALREADY_ADOPTED, PROJECT_TAKEN */
function refuseAdopted({ adoptedBy, keptFor, found, project }: AdoptFacts): void {
  const [first] = adoptedBy;
  if (first === undefined && keptFor.length > 0)
    throw new OperatorError(
      "ALREADY_ADOPTED",
      `Another home has the project ${project.name}: its images are kept as ${keptFor.join(", ")}.`,
      {
        hint: `go on there (graph-mgr list --home DIR); only if that home is gone: docker image rm --no-prune ${keptFor.join(" ")}`,
      },
    );
  if (first === undefined) return;
  if (!first.isSame) {
    throw new OperatorError(
      "PROJECT_TAKEN",
      `The project ${project.name} is that of the instance ${first.instance}, in ${first.dir}${project.hasContainers ? "" : `; nothing on this engine tells as which project ${found.record.dir} ran`}.`,
      { hint: "--project NAME   (the one that it was started as; graph-mgr adopt --scan shows those that are there)" },
    );
  }
  throw new OperatorError(
    "ALREADY_ADOPTED",
    `${found.record.dir} (project ${found.record.project}) is the instance ${first.instance} already.`,
    {
      hint: "graph-mgr list   (with --home for another home); to give it the vendor's bundle: graph-mgr adopt --forget INSTANCE, then graph-mgr adopt FOLDER --bundle FILE",
    },
  );
}

/** @throws OperatorError NOTHING_TO_ADOPT, PROJECT_UNKNOWN */
function refuseNothing({ project, found }: AdoptFacts): void {
  const { dir } = found.record;
  if (!project.hasContainers && project.others.length > 0) {
    throw new OperatorError(
      "PROJECT_UNKNOWN",
      `No container that was made from ${dir} is of the project ${project.name}; they are of ${project.others.join(", ")}.`,
      {
        hint: `--project ${project.others[0]}`,
      },
    );
  }
  if (project.isThere) return;
  const [candidate] = project.candidates;
  if (candidate !== undefined) {
    throw new OperatorError(
      "PROJECT_UNKNOWN",
      `No container was made from ${dir}, and nothing on this engine is of the project ${project.name}; volumes of the same names have ${project.candidates.join(", ")}.`,
      { hint: `--project ${candidate}   (if it was started with \`-p ${candidate}\`)` },
    );
  }
  throw new OperatorError(
    "NOTHING_TO_ADOPT",
    `Nothing on this engine was made from ${dir}: no container, and no volume of the project ${project.name}.`,
    { hint: "graph-mgr install BUNDLE   (for a release that never ran), or --project NAME if it ran as another project" },
  );
}

/** @throws OperatorError BAD_PATH */
function refuseHomeInside({ home, found, isHomeInside }: AdoptFacts): void {
  if (!isHomeInside) return;
  const { dir } = found.record;
  throw new OperatorError(
    "BAD_PATH",
    `The home ${home.home.path} would lie in the install itself, in which nothing is written.`,
    {
      hint: `give another one: graph-mgr adopt ${shellWord(dir)} --home ~/graphistry`,
    },
  );
}

/** @throws OperatorError NAME_TAKEN */
function refuseName({ home, instance, found }: AdoptFacts): void {
  const there = home.records.find(({ name }) => name === instance.name);
  if (there === undefined) return;
  throw new OperatorError("NAME_TAKEN", `There is already an instance ${instance.name} in this home, in ${there.dir}.`, {
    hint: `graph-mgr adopt ${found.record.dir} --name second`,
  });
}

/** @throws OperatorError OTHER_RELEASE */
function refuseOtherBundle({ bundle, instance, isOwnBundle }: AdoptFacts): void {
  if (isOwnBundle)
    throw new OperatorError(
      "OTHER_RELEASE",
      "The bundle that was given is the install itself: whatever was edited there would count as the vendor's.",
      {
        hint: `--bundle FILE   (of ${instance.release}, as the vendor shipped it), or leave it out`,
      },
    );
  if (bundle === null || bundle.release === instance.release) return;
  throw new OperatorError("OTHER_RELEASE", `${bundle.source.path} is ${bundle.release}, and the folder is ${instance.release}.`, {
    hint: `--bundle FILE   (of ${instance.release}), or leave it out`,
  });
}

/** Of what has one cause only the first is told. */
function refuseOthers(facts: AdoptFacts): void {
  refuseRenamed(facts);
  refuseProjects(facts);
  refuseLinks(facts);
  refuseOutsiders(facts.found, "any state");
}

/** @throws OperatorError FOLDER_RENAMED */
function refuseRenamed({ goneFolders, found }: AdoptFacts): void {
  const [gone] = goneFolders;
  if (gone === undefined) return;
  const { dir } = found.record;
  throw new OperatorError(
    "FOLDER_RENAMED",
    `What runs on its volumes, the project ${gone.project}, was made in ${gone.folder}, which is not there any more: it goes on by files that its folder no longer has.`,
    {
      hint: `if ${dir} is that folder, give it its name back (mv ${shellWord(dir)} ${shellWord(gone.folder)}), then: graph-mgr adopt ${shellWord(gone.folder)}`,
    },
  );
}

/** @throws OperatorError TWO_PROJECTS */
function refuseProjects({ project, found }: AdoptFacts): void {
  const [other] = project.others;
  if (other === undefined) return;
  const { dir } = found.record;
  throw new OperatorError(
    "TWO_PROJECTS",
    `Containers of several projects were made from ${dir}: ${[project.name, ...project.others].join(", ")}. They mount the same files of it.`,
    {
      hint: `see which one serves (docker ps -a --filter label=com.docker.compose.project=${other}), then in ${dir}: docker compose -p NAME down   (for the other; never with -v)`,
    },
  );
}

/** @throws OperatorError NETWORK_SHARED */
function refuseNetworks({ sharedNetworks, found }: AdoptFacts): void {
  const [shared] = sharedNetworks;
  if (shared === undefined) return;
  throw new OperatorError(
    "NETWORK_SHARED",
    `The network ${shared.network} of ${found.record.project} is also that of ${shared.by}: services of one name answer each other's requests there.`,
    {
      hint: "stop and remove what is not needed of the two (docker compose -p NAME down, never with -v), or give each a network of its own in its compose file, then adopt again",
    },
  );
}

/** @throws OperatorError VOLUME_DIFFERS */
function refuseVolumes({ otherVolumes, found }: AdoptFacts): void {
  const [other] = otherVolumes;
  if (other === undefined) return;
  throw new OperatorError(
    "VOLUME_DIFFERS",
    `${other.service} keeps ${other.target} in the volume ${other.has}, and its files say ${other.says} now: after a restart its data would be missing.`,
    {
      hint: `in ${found.record.dir}, give the volume its name back (\`name: ${other.has}\` in the compose file), then adopt again`,
    },
  );
}

/** @throws OperatorError OTHER_FILES */
function refuseFiles({ otherFiles, found }: AdoptFacts): void {
  if (otherFiles.length === 0) return;
  throw new OperatorError(
    "OTHER_FILES",
    `It was started with files that plain \`docker compose\` does not read in ${found.record.dir}: ${otherFiles.join(", ")}.`,
    { hint: "name compose files in COMPOSE_FILE of its .env, put settings of other env files into .env, then adopt again" },
  );
}

/** After a switch of the link a mere restart would mount another release's files (RULES 6). @throws OperatorError THROUGH_LINK */
function refuseLinks({ links, found }: AdoptFacts): void {
  const [link] = links;
  if (link === undefined) return;
  const { dir, project } = found.record;
  throw new OperatorError(
    "THROUGH_LINK",
    `Its containers were made in ${link}, which is a link to ${dir}: once the link leads elsewhere, a restart mounts other files.`,
    {
      hint: `cd ${dir} && docker compose -p ${project} up -d --force-recreate   (once, for a few seconds without service), then adopt again`,
    },
  );
}

/** @throws OperatorError DATABASE_UNCLEAN */
function refuseUnclean({ clusterState, found }: AdoptFacts): void {
  if (clusterState === null || /^shut down/.test(clusterState)) return;
  // Whoever else has the volume may be at work in it: then it is in production rightly, and a second Postgres would destroy it.
  if (found.outsiders.some(each => each.volume !== null && isUp(each))) return;
  const { dir, project, product } = found.record;
  throw new OperatorError(
    "DATABASE_UNCLEAN",
    `Its database does not run and was not shut down (it says "${clusterState}"): its volume was copied while it was written to, or the machine went down.`,
    {
      hint: `if it is such a copy, take another from a stopped or dumped original; if not: cd ${dir} && docker compose -p ${project} up -d ${product.postgres?.service ?? ""}   (Postgres mends itself as it starts), then adopt again`,
    },
  );
}
