import { COMPRESSIONS } from "../../domain/backup-compression.ts";
import { LAUNCH, ON_FAILURE, PORTS, SHARE_BIND } from "./making.ts";
import { OTHER_QUESTIONS, PASSPHRASE_QUESTIONS } from "./questions.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";

const keep = (name: string, describe: string): OptionSpec => ({ name, kind: "text", value: "N", describe });

const SCHEDULE: readonly OptionSpec[] = [
  { name: "at", kind: "text", value: "HH:MM", describe: "With schedule: every day at this time; 02:30 unless given" },
  { name: "calendar", kind: "text", value: "TIME", describe: "With schedule: as systemd writes times, such as 'Mon..Fri 02:30'" },
  {
    name: "drills",
    kind: "text",
    value: "HOW",
    choices: ["weekly", "never"],
    describe: "With schedule and nightly: whether a backup is restored for a trial every week; weekly unless given",
  },
  {
    name: "alert",
    kind: "text",
    value: "PROGRAM",
    describe: "With schedule and nightly: run when something fails, without arguments; GRAPH_MGR_MESSAGE and others say what",
  },
  { name: "user", kind: "flag", describe: "With schedule: this user's own systemd, for whom is not root" },
  {
    name: "unit-dir",
    kind: "text",
    value: "DIR",
    describe: "With schedule: write the units there, and enable nothing",
  },
  { name: "show", kind: "flag", describe: "With schedule: what is scheduled, and change nothing" },
  { name: "remove", kind: "flag", describe: "With schedule: take it away; backups stay" },
];

export const BACKUP: CommandSpec = {
  name: "backup",
  summary: "Back up an instance, look at backups, bring one back",
  positionals: [
    {
      name: "action",
      required: true,
      choices: ["create", "list", "verify", "restore", "prune", "schedule", "nightly"],
      describe: "create, list, verify, restore, prune, schedule, or nightly, which is what a schedule runs",
    },
    {
      name: "what",
      required: false,
      describe:
        "With create, schedule and nightly: the instance, the current one unless named. With verify and restore: a file, `ssh://[user@]host[:port]/file`, what `list --to restic:...` shows, or its number in the list",
    },
  ],
  options: [
    {
      name: "to",
      kind: "text",
      value: "PLACE",
      describe:
        "With create, list, prune, schedule and nightly: a folder, `ssh://[user@]host[:port]/folder` on another machine, or `restic:REPOSITORY`; the home's folder `backups` unless given",
    },
    {
      name: "with-images",
      kind: "flag",
      describe: "With create: the images too, for a machine that has neither bundle nor registry",
    },
    {
      name: "compress",
      kind: "text",
      value: "HOW",
      choices: [...COMPRESSIONS],
      describe:
        "With create: gzip unless given; zstd is faster and needs its program here and where it is restored. Not with restic, which compresses by itself",
    },
    {
      name: "stop-source",
      kind: "flag",
      describe: "With create: stop the instance until the archive is written, and launch it again",
    },
    {
      name: "encrypt",
      kind: "list",
      value: "WHO",
      describe:
        "With create, schedule and nightly: to a recipient of age (`age1...`), to those in a file of recipients, or with a `passphrase`; may be repeated. Not with restic, which encrypts by itself",
    },
    {
      name: "identity",
      kind: "text",
      value: "FILE",
      describe:
        "What opens an encrypted backup: the secret key of one of its recipients, as `age-keygen` wrote it. With schedule and nightly: for drills",
    },
    {
      name: "passphrase-file",
      kind: "text",
      value: "FILE",
      describe:
        "The passphrase of an encrypted backup, on one line; without it you are asked. With create, schedule and nightly: encrypt with it",
    },
    {
      name: "drill",
      kind: "flag",
      describe: "With verify: restore it into a throw-away instance, start that, compare everything, and remove it again",
    },
    {
      name: "name",
      kind: "text",
      value: "NAME",
      describe: "With restore: as v2.22.2-NAME, beside what is current; without it as it was called, and current",
    },
    {
      name: "bundle",
      kind: "text",
      value: "FILE",
      describe: "With restore and drills: the vendor's bundle, for images that neither the backup nor the engine has",
    },
    ...PORTS,
    SHARE_BIND,
    LAUNCH,
    keep("keep-last", "With prune, schedule and nightly: keep the newest N; the newest that was verified always stays"),
    keep("keep-daily", "The same: keep the newest of each of the last N days that have one"),
    keep("keep-weekly", "The same: keep the newest of each of the last N weeks that have one"),
    ...SCHEDULE,
    ON_FAILURE,
  ],
  examples: [
    ["backup create", "The current instance, while it serves; read back before it is listed"],
    ["backup create v2.22.2 --to /mnt/usb --with-images", "Onto a stick, with all that another machine needs"],
    ["backup create --to ssh://backup@vault/srv/backups", "Streamed to another machine, and read there before it counts"],
    [
      "backup create --to restic:sftp:backup@vault:/srv/repository",
      "What the repository does not have yet; its password: RESTIC_PASSWORD_FILE",
    ],
    ["backup create --encrypt age1...", "Only who has the secret key can read it; `age -d` opens it, too"],
    ["backup create --encrypt passphrase", "Asks for one, twice"],
    ["backup restore 17 --identity key.txt", "What was encrypted to a recipient"],
    ["backup list", "By their numbers; when each was last found whole"],
    ["backup verify 17", "Reads every byte, and names the part that is damaged"],
    ["backup verify 17 --drill", "Proves that it restores, and says how long that takes"],
    ["backup restore 17", "As a new instance; it becomes the current one, the old one stays"],
    ["backup restore 17 --name friday", "Beside the current one, to look something up"],
    ["backup prune --keep-last 3 --keep-weekly 4 --yes", "Deletes the others"],
    ["backup schedule --at 02:30 --keep-daily 7 --keep-weekly 4", "Every night, by systemd: whatever is current then"],
    ["backup schedule --encrypt age1... --identity /root/key.txt", "Encrypted every night; the key is for the drill every week"],
    ["backup schedule --show", "What is backed up by the clock, and when it is next"],
  ],
  notes: [
    "A backup is one plain tar with everything: the databases, the instance's folder, the vendor's own files, the other volumes. It says itself how to unpack it by hand.",
  ],
  questions: [PASSPHRASE_QUESTIONS.passphrase, PASSPHRASE_QUESTIONS.again, OTHER_QUESTIONS.confirm, OTHER_QUESTIONS.failed],
};
