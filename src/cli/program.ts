import yargs, { type Argv } from "yargs";
import { EXIT, OperatorError } from "../errors.ts";
import { withFailure, withInstance, withPorts } from "./options.ts";
import type { GlobalFlags, Session } from "./session.ts";

/** What the bin gives the commands: a session is made only when a command needs one, so that `--help` stays fast. */
export interface Wiring {
  readonly openSession: (flags: GlobalFlags) => Promise<Session>;
  readonly version: string;
  readonly columns: number;
  /** For `compose -- ARGS`, which end with a program's own exit code. */
  readonly exitWith: (code: number) => void;
}

/** The whole command surface. Handlers are imported only when their command runs. */
export function program(argv: readonly string[], { openSession, version, columns, exitWith }: Wiring): Argv {
  const session = (args: Readonly<Record<string, unknown>>) =>
    openSession({
      home: args["home"] as string | undefined,
      json: args["json"] === true,
      yes: args["yes"] === true,
      input: args["input"] !== false,
      dryRun: args["dryRun"] === true,
      quiet: args["quiet"] === true,
      verbose: args["verbose"] === true,
      color: args["color"] !== false,
    });

  return yargs([...argv])
    .scriptName("graph-mgr")
    .locale("en")
    .usage("$0 <command>\n\nInstalls, runs, copies and removes releases of a product that ships as a Docker Compose bundle.")
    .example([
      ["$0 install graphistry-v2.22.2.tar.gz", "Install a release; asks for what is not said"],
      ["$0 copy v2.22.2 --name training --data dump", "A second, isolated copy beside it, with the database"],
      ["$0 list", "What is installed, and where it serves"],
      ["$0 stop v2.22.2-training", "Stop the copy, also for after a reboot"],
      ["$0 install NEW.tar.gz --dry-run", "See every step first; nothing is changed"],
    ])
    .parserConfiguration({ "duplicate-arguments-array": false, "populate--": true, "boolean-negation": true })
    .option("home", {
      type: "string",
      describe: "The folder with everything below it ($GRAPH_MGR_HOME, else ~/graphistry)",
      global: true,
    })
    .option("json", { type: "boolean", describe: "One JSON document on standard output", global: true })
    .option("yes", {
      alias: "y",
      type: "boolean",
      describe: "Take the defaults that are shown; never covers a deletion",
      global: true,
    })
    .option("input", {
      type: "boolean",
      default: true,
      describe: "--no-input: never ask, as in a script",
      global: true,
      hidden: false,
    })
    .option("dry-run", { alias: "n", type: "boolean", describe: "Show the plan and change nothing", global: true })
    .option("quiet", { alias: "q", type: "boolean", describe: "Only results and errors", global: true })
    .option("verbose", { alias: "v", type: "boolean", describe: "Also say what is behind an error", global: true })
    .option("color", { type: "boolean", default: true, describe: "--no-color: plain text", global: true })
    .group(["home", "json", "yes", "input", "dry-run", "quiet", "verbose", "color", "help", "version"], "Everywhere:")
    .command(
      "install [bundle]",
      "Install a release from a bundle; a wizard at a terminal when no bundle is named",
      y =>
        withFailure(withPorts(y))
          .positional("bundle", { type: "string", describe: "A .tar, .tar.gz or folder from the vendor" })
          .option("name", { type: "string", describe: "Install it as a concurrent copy: v2.22.2-NAME" })
          .option("release", { type: "string", describe: "The release, when the bundle does not say it" })
          .option("set", {
            type: "string",
            array: true,
            default: [] as string[],
            describe: "A setting: KEY=VALUE (may be repeated)",
          })
          .option("set-from", { type: "string", describe: "A file with KEY=VALUE lines: keeps secrets out of the process list" })
          .option("secrets", {
            choices: ["generate", "keep"] as const,
            default: "generate" as const,
            describe: "Vendor's default secrets: replace them or keep them",
          })
          .option("share-bind", {
            type: "string",
            array: true,
            default: [] as string[],
            describe: "A writable folder outside of the instance that may be shared",
          })
          .option("launch", { type: "boolean", default: true, describe: "--no-launch: lay it out only" })
          .option("attach", {
            type: "string",
            describe: "Bring back what `remove` moved aside: a folder below .graph-mgr/removed",
          })
          .example("$0 install graphistry-v2.22.2.tar.gz --http-port 8080 --yes", "Without questions, on port 8080"),
      async args => {
        const own = await session(args);
        if (args.attach !== undefined) return await (await import("./commands/attach.ts")).attach(own, args.attach);
        const { install } = await import("./commands/install.ts");
        const secretsGiven = argv.some(arg => arg === "--secrets" || arg.startsWith("--secrets="));
        await install(own, { ...args, secretsGiven, onFailure: args.onFailure });
      },
    )
    .command(
      "copy [instance]",
      "A second, isolated instance of an installed release",
      y =>
        withFailure(withPorts(withInstance(y)))
          .option("name", { type: "string", describe: "What tells the copy from its source: v2.22.2-NAME" })
          .option("data", {
            choices: ["none", "dump", "copy"] as const,
            describe: "Database and files: none, dump (source runs) or copy (source stopped)",
          })
          .option("stop-source", { type: "boolean", default: false, describe: "Stop the source for the copy and start it again" })
          .option("share-bind", {
            type: "string",
            array: true,
            default: [] as string[],
            describe: "A writable folder outside of the instance that may be shared",
          })
          .option("launch", { type: "boolean", default: true, describe: "--no-launch: lay it out only" })
          .example("$0 copy v2.22.2 --name training --data dump", "With all data, while the source serves"),
      async args => {
        const { copy } = await import("./commands/copy.ts");
        await copy(await session(args), args);
      },
    )
    .command("launch [instance]", "Start an instance and wait until it is healthy", withInstance, async args => {
      const { runInstance } = await import("./commands/run-instance.ts");
      await runInstance(await session(args), "launch", args.instance);
    })
    .command("stop [instance]", "Stop an instance; it stays stopped when the engine restarts", withInstance, async args => {
      const { runInstance } = await import("./commands/run-instance.ts");
      await runInstance(await session(args), "stop", args.instance);
    })
    .command("restart [instance]", "Stop and launch; changed configuration counts afterwards", withInstance, async args => {
      const { runInstance } = await import("./commands/run-instance.ts");
      await runInstance(await session(args), "restart", args.instance);
    })
    .command(
      "logs [instance] [service..]",
      "What the services of an instance say",
      y =>
        withInstance(y)
          .positional("service", { type: "string", array: true, default: [] as string[], describe: "Only these services" })
          .option("follow", { alias: "f", type: "boolean", default: false, describe: "Go on as lines come" })
          .option("tail", { type: "string", describe: "Only the last N lines of each" }),
      async args => {
        const { logs } = await import("./commands/compose.ts");
        exitWith(await logs(await session(args), args.instance, args.service, { follow: args.follow, tail: args.tail }));
      },
    )
    .command(
      "compose <instance>",
      "docker compose for an instance, with its own name and files: compose v2.22.2 -- ps",
      y =>
        y
          .positional("instance", { type: "string", demandOption: true })
          .example("$0 compose v2.22.2 -- exec nexus sh", "A shell in a service"),
      async args => {
        const { compose } = await import("./commands/compose.ts");
        const rest = (args as { readonly "--"?: readonly string[] })["--"] ?? [];
        exitWith(await compose(await session(args), args.instance, rest.map(String)));
      },
    )
    .command(["list", "ls"], "What is installed, its state, health and ports", {}, async args => {
      const { list } = await import("./commands/list.ts");
      await list(await session(args));
    })
    .command(
      "status [instance]",
      "Services, health, ports, images, volumes and database of an instance",
      y =>
        withInstance(y).option("watch", {
          alias: "w",
          type: "boolean",
          default: false,
          describe: "Look again every two seconds, in place",
        }),
      async args => {
        const { status } = await import("./commands/status.ts");
        await status(await session(args), args.instance, args.watch);
      },
    )
    .command(
      "versions",
      "Releases that are installed, and bundles that lie here",
      y => y.option("bundles", { type: "string", array: true, default: [] as string[], describe: "Look into this folder too" }),
      async args => {
        const { versions } = await import("./commands/versions.ts");
        await versions(await session(args), args.bundles);
      },
    )
    .command("volumes", "Volumes: whose, how big, and stray ones", {}, async args => {
      const { volumes } = await import("./commands/volumes.ts");
      await volumes(await session(args));
    })
    .command(
      "remove <instance>",
      "Remove a stopped instance; its data stays unless its name is typed for it",
      y =>
        y
          .positional("instance", { type: "string", demandOption: true, describe: "An instance that is stopped" })
          .option("volumes", {
            type: "boolean",
            default: false,
            describe: "Delete its volumes and folder as well; needs --confirm NAME",
          })
          .option("confirm", { type: "string", describe: "The instance's name, typed" })
          .option("current", { type: "boolean", default: false, describe: "Also when it is the current instance" })
          .example("$0 remove v2.22.2-training", "Moves its folder aside; the volumes stay")
          .example("$0 remove v2.22.2-training --volumes --confirm v2.22.2-training", "Deletes its data for good"),
      async args => {
        const { remove } = await import("./commands/remove.ts");
        await remove(await session(args), args);
      },
    )
    .command(
      "operations [show] [id]",
      "What was done here, and what is unfinished",
      y =>
        y
          .positional("show", { type: "string", describe: "show ID: one operation, step by step" })
          .positional("id", { type: "string" }),
      async args => {
        const { listOperations } = await import("./commands/operations.ts");
        await listOperations(await session(args), args.show === "show" ? args.id : args.show);
      },
    )
    .command("resume", "Go on with the operation that was cut off", withFailure, async args => {
      const { resume } = await import("./commands/operations.ts");
      await resume(await session(args), args["onFailure"] as "undo" | "stop" | undefined);
    })
    .command("undo", "Take back the operation that was cut off", {}, async args => {
      const { undo } = await import("./commands/operations.ts");
      await undo(await session(args));
    })
    .demandCommand(1, "What shall be done?")
    .recommendCommands()
    .strict()
    .version(version)
    .help()
    .alias("help", "h")
    .wrap(Math.min(100, columns))
    .exitProcess(false)
    .fail((message, error) => {
      if (error) throw error;
      throw new OperatorError("USAGE", message.replaceAll("\n", " ").trim(), { exit: EXIT.usage, hint: "graph-mgr --help" });
    });
}
