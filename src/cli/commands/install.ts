import { resolve } from "node:path";
import { planInstall } from "../../operations/install.ts";
import { surveyInstall } from "../../survey/install.ts";
import { carryOut } from "../carry-out.ts";
import { type PortFlags, portRequest, settings } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

export interface InstallArgs extends PortFlags {
  readonly bundle: string;
  readonly name: string | undefined;
  readonly release: string | undefined;
  readonly set: readonly string[];
  readonly secrets: "generate" | "keep";
  readonly launch: boolean;
  readonly shareBind: readonly string[];
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags -> facts -> plan -> run */
export async function install(session: Session, args: InstallArgs): Promise<void> {
  const { world, home } = session;
  const ports = portRequest(args);
  const answers = settings(args.set);
  const contents = await world.bundles.read(
    resolve(session.cwd, args.bundle),
    text => session.isTerminal && session.noteInPlace(`  ${text}`),
  );
  const described = await session.describedProducts();
  const carried = await carryOut(session, {
    answers,
    claimsEngine: true,
    isRoutine: false,
    onFailure: args.onFailure ?? "ask",
    makePlan: async () => {
      const facts = await surveyInstall(
        world,
        { home: home.path, contents, release: args.release, name: args.name ?? null, ports },
        described,
      );
      const request = {
        ports,
        set: Object.keys(answers),
        generateSecrets: args.secrets === "generate",
        launch: args.launch,
        shareBinds: args.shareBind,
      };
      return planInstall(facts, request, { now: world.now(), random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
}
