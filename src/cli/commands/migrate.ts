import { resolve } from "node:path";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { parseSshTarget, type SshTarget } from "../../domain/ssh-target.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { There } from "../../host/world.ts";
import { planMigrate } from "../../operations/migrate.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import { surveyMigrate } from "../../survey/migrate.ts";
import { withPortsNow } from "../../survey/ports-now.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { portNumber, portRequest } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** flags -> facts of both machines -> plan -> run */
export async function migrate(session: Session, args: Arguments): Promise<void> {
  const { world, home } = session;
  const there = thereOf(session, args);
  const ports = portWords(args);
  const keepSource = args.flag("keep-source");
  const begun = world.now();
  const carried = await carryOut(session, {
    command: "migrate",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = await withPortsNow(world, chooseInstance(records, current, args.at(1)));
      const instance = await surveyInstance(world, record, home.path, current);
      const address = addressOf(args.text("address"), there.target, record, portNumber("http-port")(args.text("http-port")));
      const { moved, ...window } = await session.maintenanceTemplates();
      const templates = { window, moved: { ...window, page: moved.replaceAll("{{address}}", address) } };
      const facts = await surveyMigrate(world, instance, there, templates);
      return planMigrate(facts, { keepSource, ports, address }, { now: begun, random: world.random(4) });
    },
  });
  if (!carried) return;
  const arrival = await world.remote.arrival(there, carried.operation);
  await reportFinished(session, carried, { there: { instance: arrival.instance, ports: arrival.ports } });
  if (session.flags.json) return;
  session.print(
    `  ${arrival.instance ?? ""} serves on ${String(carried.result?.["to"])}: ${String(carried.result?.["address"])}`,
  );
}

/** Files are of this machine; the home is of the other one, and is said to a shell there. */
function thereOf({ cwd }: Session, args: Arguments): There {
  const [word, home] = [args.at(0), args.text("remote-home")];
  if (word === undefined) throw usage("`migrate` needs to know where to.", "graph-mgr migrate root@new-host");
  if (home !== undefined && !/^\/[A-Za-z0-9_@+.,/-]*$/.test(home))
    throw usage(
      "--remote-home takes an absolute path of letters, digits and _@+.,/- on the other machine.",
      "--remote-home /srv/graphistry",
    );
  return {
    target: { ...parseSshTarget(word) },
    identity: fileOf(cwd, "identity", args.text("identity")),
    knownHosts: fileOf(cwd, "known-hosts", args.text("known-hosts")),
    home: home ?? null,
  };
}

function fileOf(cwd: string, flag: string, given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = resolve(cwd, given);
  // ssh makes something of these in the names of files.
  if (/["%$\n]/.test(path)) throw usage(`--${flag} takes a file without quotes, % and $ in its path.`, "move or link the file");
  return path;
}

/** As options for the other end. */
function portWords(args: Arguments): readonly string[] {
  const { http, https, ports } = portRequest({
    httpPort: portNumber("http-port")(args.text("http-port")),
    httpsPort: portNumber("https-port")(args.text("https-port")),
    port: args.list("port"),
  });
  return [
    ...(http === undefined ? [] : ["--http-port", String(http)]),
    ...(https === undefined ? [] : ["--https-port", String(https)]),
    ...ports.flatMap(({ service, container, protocol, host }) => ["--port", `${service}:${container}/${protocol}=${host}`]),
  ];
}

/** Stands in a page: of signs that mean nothing there. */
function addressOf(
  given: string | undefined,
  { host }: SshTarget,
  { product, ports }: InstanceRecord,
  http: number | undefined,
): string {
  if (given !== undefined) {
    if (/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/.test(given)) return given;
    throw usage(
      "--address takes the address of the product there, such as https://new.example.com/.",
      "leave it out: it is made of the host's name",
    );
  }
  const port =
    http ??
    ports.find(({ service, container }) => service === product.ports.http?.service && container === product.ports.http.container)
      ?.host ??
    80;
  return `http://${host.includes(":") ? `[${host}]` : host}${port === 80 ? "" : `:${port}`}/`;
}
