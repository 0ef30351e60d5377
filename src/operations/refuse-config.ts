import { holdsData, isComposeKey } from "../domain/merge-keys.ts";
import { OperatorError } from "../errors.ts";
import type { CaddyfileLook } from "../survey/caddyfiles.ts";
import type { KeyFacts } from "../survey/config-change.ts";
import type { EditFacts } from "../survey/config-edit.ts";
import type { ToldKey } from "../survey/config-values.ts";

const SHOWN = 4;
const some = (all: readonly string[]): string =>
  all.length > SHOWN ? `${all.slice(0, SHOWN).join(", ")} and ${all.length - SHOWN} more` : all.join(", ");

/**
 * Keys that are not the administrator's to change, and changes that would come to something else than what was meant.
 * @throws OperatorError MANAGED_KEY, NOT_SET, OVERRULED, NOT_EXACT
 */
export function refuseKeys(facts: KeyFacts, meant: readonly string[], how: "set" | "unset"): void {
  for (const key of meant) refuseManaged(facts, key);
  const { check, files, instance } = facts;
  const { name } = instance.record;
  const absent = how === "unset" ? meant.filter(key => files[key] === null) : [];
  if (absent.length > 0)
    throw new OperatorError("NOT_SET", `No env file of ${name} sets ${absent.join(", ")}.`, {
      hint: `graph-mgr config show ${name}`,
    });
  if (check.managed.length > 0) {
    throw new OperatorError(
      "MANAGED_KEY",
      `${meant.join(", ")} would change what graph-mgr keeps apart between instances: ${some(check.managed)}.`,
      { hint: `graph-mgr config edit ${name} .env   (it checks that names and ports are free)` },
    );
  }
  const [overruled] = check.overruled;
  if (overruled !== undefined) {
    throw new OperatorError(
      "OVERRULED",
      `${overruled.service} would still get another ${overruled.key}: its compose file, or a file that counts more for it, says it too.`,
      {
        hint: `graph-mgr config show ${name} --service ${overruled.service}   (tells which), then graph-mgr config edit ${name} FILE`,
      },
    );
  }
  if (check.differences.length > 0) {
    throw new OperatorError("NOT_EXACT", `To Compose this would also change ${some(check.differences)}; nothing was written.`, {
      hint: `graph-mgr config edit ${name}   (changes the file as you see it)`,
    });
  }
}

function refuseManaged({ instance, imageKeys }: KeyFacts, key: string): void {
  const { record } = instance;
  const refuse = (what: string, hint: string): OperatorError => new OperatorError("MANAGED_KEY", `${key} ${what}.`, { hint });
  if (isComposeKey(key))
    throw refuse(
      "is Compose's own, and graph-mgr sets it itself where it has to be",
      key === "COMPOSE_PROJECT_NAME"
        ? `graph-mgr copy ${record.name} --name NAME   (makes an instance of another name)`
        : "leave it out",
    );
  if (record.product.internals.includes(key))
    throw refuse(`belongs to the release ${record.release}`, "graph-mgr update   (brings a release with its own)");
  if (imageKeys.includes(key))
    throw refuse("names an image, and instances run the images that were recorded", "graph-mgr update   (brings others)");
}

/** What is said beside the plan. */
export function keyNotes(facts: KeyFacts, meant: readonly string[], how: "set" | "unset"): readonly string[] {
  const { instance, files, told, left, check, unheard, added } = facts;
  const { record } = instance;
  return [
    ...meant.map(key => `${key} in ${files[key]}${becomes(told[key])}`),
    ...meant.flatMap(key => duplicates(key, facts, how)),
    ...meant.flatMap(key => (how === "unset" ? [stays(key, left[key] ?? null)] : [])),
    ...(check.follows.length > 0
      ? [`with it ${check.follows.length === 1 ? "changes" : "change"} ${some(check.follows)}, which is made of it`]
      : []),
    ...added.map(key => `${key} is new: no file of ${record.name} names it yet`),
    ...unheard.map(key => `nothing in the compose files takes ${key}, and no service gets it`),
    ...meant.flatMap(key =>
      holdsData(key, record.product) && record.product.postgres !== null && /POSTGRES|^PG|^DB_|DATABASE/i.test(key)
        ? [`the database that exists keeps the ${key} that it was made with; it does not follow this file`]
        : [],
    ),
  ];
}

/** Nothing where it is a secret. */
function becomes({ from, to }: ToldKey = { from: null, to: null, times: 0 }): string {
  if (from !== null && to !== null) return `: ${from} becomes ${to}`;
  return to === null ? (from === null ? "" : `: ${from} goes`) : `: ${to}`;
}

function duplicates(key: string, { files, told }: KeyFacts, how: "set" | "unset"): readonly string[] {
  const times = told[key]?.times ?? 0;
  if (times < 2) return [];
  const what = how === "set" ? "the last one counts, and is changed" : "all of them go";
  return [`${files[key]} gives ${key} a value ${times} times: ${what}`];
}

const stays = (key: string, from: string | null): string =>
  from === null ? `no env file sets ${key} any more` : `${key} comes from ${from} then`;

/**
 * What stands against edited files.
 * @throws OperatorError NOT_ISOLATED, PORT_TAKEN, CADDYFILE_INVALID
 */
export function refuseEdit({ faults, takenPorts, caddy, instance }: EditFacts): void {
  const { name } = instance.record;
  if (faults.length > 0)
    throw new OperatorError("NOT_ISOLATED", `${name} would no longer be the instance that it is: ${some(faults)}.`, {
      hint: "leave names, images and the release's own settings as they are",
    });
  if (takenPorts.length > 0)
    throw new OperatorError(
      "PORT_TAKEN",
      `Port ${some(takenPorts.map(String))}, which ${name} would publish, is another instance's, or in use.`,
      { hint: "choose another   (`graph-mgr list`, `ss -ltunp`)" },
    );
  refuseCaddyfile(
    caddy.find(({ verdict }) => verdict === "invalid" || verdict === "refused"),
    "mend what it names",
  );
}

/** @throws OperatorError CADDYFILE_INVALID */
function refuseCaddyfile(wrong: CaddyfileLook | undefined, hint: string): void {
  if (wrong !== undefined)
    throw new OperatorError("CADDYFILE_INVALID", `The Caddy of ${wrong.service} does not take this ${wrong.path}: ${wrong.say}`, {
      hint,
    });
}

/**
 * What serves by the Caddyfile as it was when it was started would not come up again. Only of what Caddy cannot even read that is certain.
 * @throws OperatorError CADDYFILE_INVALID
 */
export const refuseUnreadCaddyfile = (caddy: readonly CaddyfileLook[], instance: string): void => {
  const wrong = caddy.find(({ verdict }) => verdict === "invalid");
  refuseCaddyfile(wrong, `mend what it names: graph-mgr config edit ${instance} ${wrong?.path ?? ""}`);
};

/** What could not be looked at. */
export const editNotes = ({ caddy }: EditFacts): readonly string[] =>
  caddy.flatMap(({ verdict, path, service, say }) =>
    verdict === "unknown"
      ? [`${path} could not be checked with the image of ${service}: ${say}`]
      : verdict === "syntax"
        ? [`${path} could be checked only for how it reads, because Caddy wanted to write: ${say}`]
        : [],
  );
