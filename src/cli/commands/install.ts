import { resolve } from "node:path";
import type { BundleContents } from "../../domain/bundle.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planInstall } from "../../operations/install.ts";
import { type InstallFacts, surveyInstall } from "../../survey/install.ts";
import type { Arguments } from "../arguments.ts";
import { needsAnswer } from "../ask.ts";
import { carryOut } from "../carry-out.ts";
import { equivalentCommand } from "../equivalent.ts";
import { type PortFlags, portRequest, settings } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { settingsFrom } from "../settings-from.ts";
import { INSTALL_QUESTIONS } from "../surface/questions.ts";
import { cut, wrap } from "../text.ts";

export interface InstallArgs extends PortFlags {
  readonly bundle: string | undefined;
  readonly name: string | undefined;
  readonly release: string | undefined;
  readonly set: readonly string[];
  readonly setFrom: string | undefined;
  readonly secrets: "generate" | "keep";
  /** Whether a flag said so. */
  readonly secretsGiven: boolean;
  readonly launch: boolean;
  readonly shareBind: readonly string[];
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags or wizard -> facts -> plan -> run */
export async function install(session: Session, given: InstallArgs): Promise<void> {
  const { world, home, flags } = session;
  portRequest(given);
  const answers = { ...(await settingsFrom(session, given.setFrom)), ...settings(given.set) };
  const described = await session.describedProducts();
  const nameOtherHomes = otherHomesOnce(session);
  const factsFor = async (args: InstallArgs, contents: BundleContents): Promise<InstallFacts> => {
    const facts = await surveyInstall(
      world,
      { home: home.path, contents, release: args.release, name: args.name ?? null, ports: portRequest(args), settings: answers },
      described,
    );
    nameOtherHomes(facts);
    return facts;
  };
  const planFor = async (args: InstallArgs, contents: BundleContents) =>
    planInstall(
      await factsFor(args, contents),
      {
        set: Object.keys(answers),
        generateSecrets: args.secrets === "generate",
        launch: args.launch,
        shareBinds: args.shareBind,
      },
      { now: world.now(), random: world.random(4) },
    );
  const read = (path: string) => readBundle(session, path);

  const asks = session.ask.isPossible && !flags.yes;
  const { args, contents, seen } = asks
    ? await askFor(session, given, { read, factsFor, planFor })
    : { args: given, contents: await read(bundleOf(given)), seen: null };
  const carried = await carryOut(session, {
    command: "install",
    answers,
    claimsEngine: true,
    isRoutine: false,
    onFailure: args.onFailure ?? "ask",
    seen,
    makePlan: () => planFor(args, contents),
  });
  if (!carried) return;
  await reportFinished(session, carried);
  if (asks) session.note(`\nThe same without questions:\n  ${commandFor(session, args)}`);
}

/** Whoever begins a second home by mistake sees the first; no part of the plan, because homes of others come and go. */
function otherHomesOnce(session: Session): (facts: InstallFacts) => void {
  let isSaid = false;
  return ({ otherHomes }) => {
    if (isSaid || otherHomes.length === 0) return;
    isSaid = true;
    const text = `This home is empty; other homes on this engine: ${otherHomes.join(", ")}`;
    session.note(wrap(text, session.columns - 1));
  };
}

function bundleOf({ bundle }: InstallArgs): string {
  if (bundle !== undefined) return bundle;
  throw needsAnswer("graph-mgr install BUNDLE", INSTALL_QUESTIONS.bundle.message);
}

/** `--attach` brings everything with it, so nothing else can be asked for. @throws OperatorError USAGE */
export function refuseBeside(args: Arguments): void {
  const other = args.command.options.find(({ name }) => name !== "attach" && args.isGiven(name));
  const what = args.at(0) !== undefined ? "a bundle" : other === undefined ? null : `--${other.name}`;
  if (what === null) return;
  throw new OperatorError("USAGE", `--attach brings an instance back as it was; ${what} does not go with it.`, {
    exit: EXIT.usage,
    hint: "graph-mgr install --attach DIR",
  });
}

interface Making {
  readonly read: (path: string) => Promise<BundleContents>;
  readonly factsFor: (args: InstallArgs, contents: BundleContents) => Promise<InstallFacts>;
  readonly planFor: (
    args: InstallArgs,
    contents: BundleContents,
  ) => ReturnType<typeof planInstall> | Promise<ReturnType<typeof planInstall>>;
}

async function askFor(session: Session, given: InstallArgs, { read, factsFor, planFor }: Making) {
  const { installWizard } = await import("../wizards/install.ts");
  const withContents =
    <T>(work: (args: InstallArgs, contents: BundleContents) => Promise<T> | T) =>
    async (state: InstallArgs & { readonly contents: BundleContents | null }) => {
      if (state.contents === null) throw new Error("the bundle is asked for first");
      return await work(state, state.contents);
    };
  const answers = await installWizard(session, given, { read, factsFor: withContents(factsFor), planFor: withContents(planFor) });
  if (answers.contents === null) throw new Error("the bundle is asked for first");
  return { args: answers, contents: answers.contents, seen: answers.plan };
}

/** Reads and checks a bundle, and says how far it is. */
export async function readBundle(session: Session, path: string): Promise<BundleContents> {
  try {
    return await session.world.bundles.read(resolve(session.cwd, path), text =>
      session.noteInPlace(cut(`  ${text}`, session.columns - 1)),
    );
  } finally {
    session.noteInPlace("");
  }
}

const commandFor = ({ home, cwd }: Session, args: InstallArgs): string =>
  equivalentCommand("install", args.bundle === undefined ? undefined : resolve(cwd, args.bundle), {
    home: home.path,
    name: args.name,
    release: args.release,
    "http-port": args.httpPort,
    "https-port": args.httpsPort,
    port: args.port,
    // What was set may be a secret.
    set: args.set.map(text => `${text.slice(0, text.indexOf("="))}=...`),
    "set-from": args.setFrom === undefined ? undefined : resolve(cwd, args.setFrom),
    secrets: args.secrets === "keep" ? "keep" : undefined,
    "share-bind": args.shareBind,
    launch: args.launch ? undefined : false,
    "on-failure": args.onFailure,
  });
