import { INSTANCE, ON_FAILURE } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const RUNNING: readonly CommandSpec[] = [
  {
    name: "launch",
    summary: "Start an instance and wait until it is healthy",
    positionals: [INSTANCE],
    options: [
      {
        name: "although-moved",
        kind: "flag",
        describe: "Also what has moved to another machine; stop it there first, for what was written there is not in it",
      },
      {
        name: "unless-stopped",
        kind: "flag",
        describe: "Do nothing where `stop` stopped it; what starts with the machine is launched so",
      },
    ],
    examples: [["launch v2.22.2", "Returns when its health checks pass"]],
  },
  {
    name: "stop",
    summary: "Stop an instance, also for after a reboot",
    positionals: [INSTANCE],
    options: [],
    examples: [["stop v2.22.2-training", "Its data stays; `launch` starts it again"]],
  },
  {
    name: "restart",
    summary: "Stop and launch, with changed configuration",
    positionals: [INSTANCE],
    options: [],
    examples: [["restart v2.22.2", "After its .env was edited"]],
  },
  {
    name: "logs",
    summary: "What the services of an instance say",
    positionals: [INSTANCE, { name: "service", required: false, many: true, describe: "Only these services" }],
    options: [
      { name: "follow", short: "f", kind: "flag", describe: "Go on as lines come; Ctrl-C ends it" },
      { name: "tail", kind: "text", value: "N", describe: "Only the last N lines of each service" },
    ],
    examples: [
      ["logs v2.22.2 nginx --tail 50", "The last 50 lines of one service"],
      ["logs --follow", "All services of the current instance"],
    ],
    isRaw: true,
  },
  {
    name: "compose",
    summary: "docker compose with an instance's name and files",
    positionals: [{ name: "instance", required: true, describe: "Such as v2.22.2, or `current`" }],
    options: [],
    examples: [
      ["compose v2.22.2 -- ps", "Its containers"],
      ["compose v2.22.2 -- exec nexus sh", "A shell in one of its services"],
    ],
    notes: [
      "Arguments for docker compose go behind `--`. Refused are those that delete volumes (`down -v`, `rm -v`, `up -V`) and those that aim elsewhere (`-p`, `-f`, `--project-directory`, `--env-file`).",
    ],
    passesOn: true,
    isRaw: true,
  },
];

export const BOOT: CommandSpec = {
  name: "boot",
  summary: "Have what is current start with the machine, by systemd",
  positionals: [
    {
      name: "action",
      required: false,
      choices: ["enable", "disable"],
      describe: "enable or disable; without one it shows what is so",
    },
  ],
  options: [
    { name: "user", kind: "flag", describe: "This user's own systemd, for whom is not root" },
    { name: "unit-dir", kind: "text", value: "DIR", describe: "Write the unit there, and enable nothing" },
  ],
  examples: [
    ["boot", "Whether it does, and what would start"],
    ["boot enable", "Whatever is current then, also after an update"],
    ["boot disable", "No more; what runs goes on"],
  ],
  notes: [
    "What `stop` stopped stays stopped. While an operation is unfinished nothing is started: the unit fails with exit 3, and the journal of systemd says why.",
  ],
  questions: [OTHER_QUESTIONS.confirm],
};

export const COMPLETION: CommandSpec = {
  name: "completion",
  summary: "What a shell reads so that it completes commands and names",
  positionals: [{ name: "shell", required: true, choices: ["bash", "zsh", "fish"], describe: "bash, zsh or fish" }],
  options: [],
  examples: [
    ["completion bash", "In ~/.bashrc: source <(graph-mgr completion bash)"],
    ["completion zsh", "In ~/.zshrc: source <(graph-mgr completion zsh)"],
    ["completion fish", "In ~/.config/fish/config.fish: graph-mgr completion fish | source"],
  ],
  notes: ["It completes instances, bundles, backups, services and operations by the names of files; the engine is not asked."],
};

export const UNFINISHED: readonly CommandSpec[] = [
  {
    name: "operations",
    summary: "What was done here, and what is unfinished",
    positionals: [
      { name: "show", required: false, choices: ["show"], describe: "The word `show`, or nothing" },
      { name: "id", required: false, describe: "One operation; the beginning of its name will do" },
    ],
    options: [],
    examples: [
      ["operations", "All of them, newest last"],
      ["operations show 20261120T1015", "One of them, step by step"],
    ],
  },
  {
    name: "resume",
    summary: "Go on with the operation that was cut off",
    positionals: [],
    options: [{ ...ON_FAILURE, describe: "When a step fails again, undo everything (exit 5) or stop there (default, exit 4)" }],
    examples: [
      ["resume", "What is done is not done twice"],
      ["resume --dry-run", "Shows what is left"],
    ],
  },
  {
    name: "undo",
    summary: "Take back the operation that was cut off",
    positionals: [],
    options: [],
    examples: [
      ["undo", "Afterwards everything is as it was before"],
      ["undo --dry-run", "Shows what would be put back"],
    ],
    notes: ["A finished install or copy is taken back with `remove`."],
  },
];
