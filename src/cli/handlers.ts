import type { CopyData } from "../domain/copy-data.ts";
import type { Arguments } from "./arguments.ts";
import { count, type PortFlags, portNumber, seconds } from "./options.ts";
import type { Session } from "./session.ts";

/** Flags -> what a command's module takes. A number that comes back is an exit code. */
export type Handler = (session: Session, args: Arguments) => Promise<unknown>;

const ports = (args: Arguments): PortFlags => ({
  httpPort: portNumber("http-port")(args.text("http-port")),
  httpsPort: portNumber("https-port")(args.text("https-port")),
  port: args.list("port"),
});
const onFailure = (args: Arguments) => args.text("on-failure") as "undo" | "stop" | undefined;

const run =
  (verb: "launch" | "stop" | "restart"): Handler =>
  async (session, args) =>
    (await import("./commands/run-instance.ts")).runInstance(
      session,
      verb,
      args.at(0),
      verb === "launch" && args.flag("although-moved"),
    );

/** By the command's name. Modules are imported only when their command runs. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  install: async (session, args) => {
    const { install, refuseBeside } = await import("./commands/install.ts");
    const folder = args.text("attach");
    if (folder !== undefined) {
      refuseBeside(args);
      return await (await import("./commands/attach.ts")).attach(session, folder);
    }
    await install(session, {
      ...ports(args),
      bundle: args.at(0),
      name: args.text("name"),
      release: args.text("release"),
      set: args.list("set"),
      setFrom: args.text("set-from"),
      secrets: args.text("secrets") === "keep" ? "keep" : "generate",
      secretsGiven: args.isGiven("secrets"),
      launch: args.flag("launch"),
      shareBind: args.list("share-bind"),
      onFailure: onFailure(args),
    });
  },
  copy: async (session, args) => {
    const { copy } = await import("./commands/copy.ts");
    await copy(session, {
      ...ports(args),
      instance: args.at(0),
      name: args.text("name"),
      data: args.text("data") as CopyData | undefined,
      launch: args.flag("launch"),
      stopSource: args.flag("stop-source"),
      bind: args.list("bind"),
      onFailure: onFailure(args),
    });
  },
  adopt: async (session, args) => (await import("./commands/adopt.ts")).adopt(session, args),
  update: async (session, args) => {
    const { update } = await import("./commands/update.ts");
    await update(session, {
      bundle: args.at(0),
      bundles: args.list("bundles"),
      from: args.text("from"),
      release: args.text("release"),
      postgres: args.text("postgres") as "auto" | "dump" | "copy" | undefined,
      resolve: args.list("resolve"),
      acknowledge: args.list("acknowledge"),
      shareBind: args.list("share-bind"),
      healthTimeoutSeconds: seconds("health-timeout")(args.text("health-timeout")),
      viaPath: args.flag("via-path"),
      prepare: args.flag("prepare"),
      backup: args.flag("backup"),
      onFailure: onFailure(args),
    });
  },
  rollback: async (session, args) =>
    (await import("./commands/rollback.ts")).rollback(session, {
      from: args.text("from"),
      to: args.text("to"),
      acceptLoss: args.flag("accept-loss"),
      onFailure: onFailure(args),
    }),
  list: async session => (await import("./commands/list.ts")).list(session),
  status: async (session, args) =>
    (await import("./commands/status.ts")).status(session, {
      instance: args.at(0),
      watch: args.flag("watch"),
      html: args.text("html"),
    }),
  versions: async (session, args) =>
    (await import("./commands/versions.ts")).versions(session, { bundles: args.list("bundles"), from: args.text("from") }),
  volumes: async session => (await import("./commands/volumes.ts")).volumes(session),
  launch: async (session, args) =>
    args.flag("unless-stopped")
      ? (await import("./commands/launch-at-boot.ts")).launchUnlessStopped(session, args.at(0), args.flag("although-moved"))
      : run("launch")(session, args),
  stop: run("stop"),
  restart: run("restart"),
  logs: async (session, args) =>
    (await import("./commands/compose.ts")).logs(session, args.at(0), args.from(1), {
      follow: args.flag("follow"),
      tail: args.text("tail"),
    }),
  compose: async (session, args) => (await import("./commands/compose.ts")).compose(session, args.at(0) ?? "", args.passedOn),
  boot: async (session, args) => (await import("./commands/boot.ts")).boot(session, args),
  config: async (session, args) => (await import("./commands/config.ts")).config(session, args),
  backup: async (session, args) => (await import("./commands/backup.ts")).backup(session, args),
  export: async (session, args) => (await import("./commands/export.ts")).exportImages(session, args),
  import: async (session, args) => (await import("./commands/import.ts")).importImages(session, args),
  migrate: async (session, args) => (await import("./commands/migrate.ts")).migrate(session, args),
  receive: async (session, args) => (await import("./commands/receive.ts")).receive(session, args),
  postgres: async (session, args) =>
    (await import("./commands/postgres.ts")).postgres(session, {
      action: args.at(0) ?? "",
      instance: args.at(1),
      to: args.text("to"),
      from: args.text("from"),
    }),
  remove: async (session, args) =>
    (await import("./commands/remove.ts")).remove(session, {
      instance: args.at(0) ?? "",
      volumes: args.flag("volumes"),
      confirm: args.text("confirm"),
      current: args.flag("current"),
    }),
  prune: async (session, args) =>
    (await import("./commands/prune.ts")).prune(session, {
      name: args.at(0),
      volumes: args.flag("volumes"),
      confirm: args.text("confirm"),
      keepOperations: count("keep-operations")(args.text("keep-operations")) ?? 20,
    }),
  operations: async (session, args) => (await import("./commands/operations.ts")).listOperations(session, args.from(0)),
  completion: async (session, args) => (await import("./commands/completion.ts")).completion(session, args.at(0) ?? ""),
  resume: async (session, args) => (await import("./commands/operations.ts")).resume(session, onFailure(args)),
  doctor: async (session, args) =>
    (await import("./commands/doctor.ts")).doctor(session, { fix: args.flag("fix"), strict: args.flag("strict") }),
  support: async (session, args) =>
    (await import("./commands/support.ts")).support(session, { to: args.text("to"), tail: count("tail")(args.text("tail")) }),
  undo: async session => (await import("./commands/operations.ts")).undo(session),
};
