/** What a test does with a line that the guide, or the README, tells the operator to type. */
export interface Way {
  /** As it stands there, without the remark behind it. */
  readonly line: string;
  /** Words behind it: names that no other test has, and what a script says where a terminal would ask. */
  readonly more?: string;
  /** Instead of words of the line. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Other commands that make what the line is about. */
  readonly before?: readonly string[];
  readonly input?: string;
  /** What it may exit with, besides 0. */
  readonly exits?: readonly number[];
  /** It is not run here: why, and which test runs the like. */
  readonly elsewhere?: string;
}

/** `NAME` is of this run alone; instances are called after it. A folder WORK is where everything happens. */
const NAMED = { more: "--name NAME --yes" };
const YES = { more: "--yes" };
const UNITS = "--unit-dir WORK/units";
const OWN = (name: string): string => `v2.22.2-NAME${name}`;
/** Leaves a copy that was stopped between two of its steps. */
const cutCopy = (name: string): string =>
  `count() { grep -ls doing HOME/.graph-mgr/operations/*/journal.jsonl | wc -l; }; had=$(count); graph-mgr copy ${OWN("")} --name NAME${name} --data none --no-launch --yes & copy=$!; until [ "$(count)" -gt "$had" ]; do sleep 0.02; done; kill -TERM $copy; wait $copy; [ $? = 4 ]`;
const CUT = [
  { line: "graph-mgr operations", before: [cutCopy("c")] },
  { line: "graph-mgr resume", ...YES },
  { line: "graph-mgr undo", before: [cutCopy("d")], ...YES },
];
const BACK = `graph-mgr install --attach HOME/.graph-mgr/removed/${OWN("t")}-*/ --yes; graph-mgr stop ${OWN("t")}`;
const FOR_GOOD = {
  line: "graph-mgr remove v2.22.2-training --volumes --confirm v2.22.2-training",
  before: [BACK],
  ...YES,
};
const LAST = '$(ls HOME/.graph-mgr/backups | sort -n | tail -n 1 | sed "s/.json//")';
const backup = (line: string, way: Partial<Way> = {}): Way => ({ line: `graph-mgr backup ${line}`, ...way });

export const README_WAYS: readonly Way[] = [
  {
    line: "npm ci && npm run build && npm link",
    elsewhere: "it would replace what other tests run; scripts/test.sh begins with it",
  },
  { line: "graph-mgr install graphistry-v2.22.2.tar.gz", ...NAMED },
  { line: "graph-mgr copy v2.22.2 --name training --data dump", ...YES },
  { line: "graph-mgr list" },
  { line: "graph-mgr status v2.22.2-training" },
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr launch v2.22.2-training" },
  { line: "graph-mgr update graphistry-v2.23.0.tar.gz", ...YES },
  { line: "graph-mgr rollback", more: "--accept-loss --yes" },
  backup("create", YES),
  backup("restore 1", YES),
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr remove v2.22.2-training", ...YES },
  FOR_GOOD,
  ...CUT,
];

const BY_HAND = "it needs an install that was made by hand: test/integration/adopt.test.ts";
const SSH = "it needs another machine: test/integration/backup-ssh.test.ts";
const RESTIC = "it needs restic and another machine: test/integration/backup-restic.test.ts";
const MIGRATE = "it needs another machine with an engine: test/integration/migrate.test.ts";
const TAB = "it is of another shell: test/integration/completion.test.ts";
const FILE = "it is installed outside of this home: test/integration/package.test.ts";

export const GUIDE_WAYS: readonly Way[] = [
  { line: "graph-mgr install graphistry-v2.22.2.tar.gz", ...NAMED },
  { line: "~/graphistry/releases/v2.22.2/", instead: { "~": "ls -d ~" } },
  { line: "~/graphistry/current", instead: { "~": "ls -l ~" } },
  {
    line: "graph-mgr install graphistry-v2.22.2.tar.gz --http-port 8080 --yes",
    more: "--name NAMEp",
    instead: { "8080": "PORT" },
  },
  { line: "graph-mgr update", elsewhere: "it asks, at a terminal: test/integration/wizard-update.test.ts" },
  { line: "graph-mgr update graphistry-v2.23.0.tar.gz", ...YES },
  {
    line: "graph-mgr update v2.23.0 --bundles /mnt/usb --yes",
    before: ["graph-mgr rollback --accept-loss --yes", "cp graphistry-v2.23.0.tar.gz /mnt/usb/ && rm graphistry-v2.23.0.tar.gz"],
  },
  { line: "graph-mgr rollback --dry-run" },
  { line: "graph-mgr rollback", more: "--accept-loss --yes" },
  { line: "graph-mgr adopt --scan" },
  { line: "graph-mgr adopt ~/graphistry/releases/v2.22.2 --dry-run", elsewhere: BY_HAND },
  { line: "graph-mgr adopt ~/graphistry/releases/v2.22.2 --bundle graphistry-v2.22.2.tar.gz", elsewhere: BY_HAND },
  { line: "graph-mgr adopt --forget v2.22.2", elsewhere: BY_HAND },
  { line: "graph-mgr copy v2.22.2 --name training --data dump", ...YES },
  {
    line: "graph-mgr copy v2.22.2 --name training --bind /srv/cache=/srv/cache-training",
    elsewhere: "it needs a product that writes into a folder of the machine: test/integration/hazards-compose.test.ts",
  },
  { line: "graph-mgr list" },
  { line: "graph-mgr status v2.22.2-training" },
  { line: "graph-mgr status --watch" },
  { line: "graph-mgr status --html status.html" },
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr launch v2.22.2-training" },
  { line: "graph-mgr restart v2.22.2" },
  {
    line: "graph-mgr logs v2.22.2 nginx --follow",
    instead: { "graph-mgr": "timeout 5 graph-mgr", nginx: "front" },
    exits: [124, 130],
  },
  { line: "graph-mgr boot" },
  { line: "graph-mgr boot enable", more: `${UNITS} --yes` },
  { line: "graph-mgr boot disable", more: UNITS },
  // What is wrong with the machine that this runs on is not for this test to say.
  { line: "graph-mgr doctor", exits: [3] },
  { line: "graph-mgr doctor --fix", more: "--yes", exits: [3] },
  { line: "graph-mgr support", more: "--yes" },
  { line: "graph-mgr doctor --strict --json", exits: [3] },
  { line: "graph-mgr config show" },
  { line: "graph-mgr config show --service nexus", instead: { nexus: "app" } },
  { line: "graph-mgr config diff" },
  { line: "graph-mgr config diff v2.22.2 v2.22.2-training" },
  { line: "graph-mgr config set LOG_LEVEL=DEBUG --apply", ...YES },
  { line: "graph-mgr config unset LOG_LEVEL", ...YES },
  { line: "graph-mgr config edit Caddyfile", elsewhere: "it opens an editor at a terminal: test/integration/config.test.ts" },
  { line: "graph-mgr config history" },
  { line: "graph-mgr config revert 3", instead: { "3": "2" }, ...YES },
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr remove v2.22.2-training", ...YES },
  FOR_GOOD,
  { line: "graph-mgr prune --dry-run" },
  { line: "graph-mgr prune", ...YES },
  {
    line: "graph-mgr prune v2.22.2-20261120T101500Z --volumes --confirm v2.22.2-20261120T101500Z",
    elsewhere: "it is of a removal of that day: test/integration/prune.test.ts",
  },
  { line: "graph-mgr postgres dump --to /mnt/usb/before-friday", ...YES },
  { line: "graph-mgr postgres shell", input: "select 1;" },
  {
    line: "graph-mgr postgres restore v2.22.2-new --from /mnt/usb/before-friday",
    before: ["graph-mgr install graphistry-v2.22.2.tar.gz --name NAMEn --no-launch --yes"],
    instead: { "v2.22.2-new": OWN("n") },
    ...YES,
  },
  backup("create", YES),
  backup("list"),
  backup("verify 17", { instead: { "17": "1" } }),
  backup("verify 17 --drill", { instead: { "17": "1" }, ...YES }),
  backup("restore 17", { instead: { "17": "1" }, ...YES }),
  backup("prune --keep-last 3 --keep-weekly 4", {
    before: ["for each in 1 2 3 4; do graph-mgr backup create --yes || exit 1; done"],
    ...YES,
  }),
  backup("create --encrypt age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", YES),
  backup("create --encrypt passphrase", { more: "--passphrase-file words --yes" }),
  backup("restore 17 --identity key.txt", {
    before: ["graph-mgr backup create --encrypt recipient --yes"],
    instead: { "17": LAST },
    ...YES,
  }),
  backup("create --to ssh://backup@vault/srv/backups --encrypt age1...", { elsewhere: SSH }),
  backup("list --to ssh://backup@vault/srv/backups", { elsewhere: SSH }),
  backup("restore ssh://backup@vault/srv/backups/17-v2.22.2-20261120T101500Z.tar.age --identity key.txt", { elsewhere: SSH }),
  { line: "export RESTIC_PASSWORD_FILE=/root/restic-password", elsewhere: RESTIC },
  { line: "restic -r sftp:backup@vault:/srv/repository init", elsewhere: RESTIC },
  backup("create --to restic:sftp:backup@vault:/srv/repository", { elsewhere: RESTIC }),
  backup("list --to restic:sftp:backup@vault:/srv/repository", { elsewhere: RESTIC }),
  backup("restore restic:sftp:backup@vault:/srv/repository/17-v2.22.2-20261120T101500Z.tar", { elsewhere: RESTIC }),
  backup("schedule --at 02:30 --keep-daily 7 --keep-weekly 4", { more: `${UNITS} --yes` }),
  backup("schedule v2.22.2 --calendar 'Mon..Fri 02:30'", { more: `${UNITS} --yes` }),
  backup("schedule --show", { more: UNITS }),
  backup("schedule --remove", { before: [`graph-mgr backup schedule ${OWN("")} --remove ${UNITS}`], more: UNITS }),
  { line: "graph-mgr migrate root@new-host --dry-run", elsewhere: MIGRATE },
  { line: "graph-mgr migrate root@new-host", elsewhere: MIGRATE },
  { line: "graph-mgr migrate root@new-host --keep-source", elsewhere: MIGRATE },
  { line: "source <(graph-mgr completion bash)" },
  { line: "source <(graph-mgr completion zsh)", elsewhere: TAB },
  { line: "graph-mgr completion fish | source", elsewhere: TAB },
  ...CUT,
  { line: "npm install -g graph-mgr-0.1.0.tgz", elsewhere: FILE },
  { line: "apt-get install ./graph-mgr_0.1.0_all.deb", elsewhere: FILE },
  { line: "graph-mgr export --have > list" },
  {
    line: "graph-mgr export v2.23.0 --to images.tar --lacking list",
    elsewhere: "here is one engine, which lacks nothing that it has: test/integration/images.test.ts",
  },
  { line: "graph-mgr import images.tar", before: [`graph-mgr export ${OWN("")} --to images.tar --yes`], ...YES },
  {
    line: "graph-mgr install BUNDLE --set-from my-settings.env",
    instead: { BUNDLE: "graphistry-v2.22.2.tar.gz" },
    more: "--name NAMEs --yes",
  },
  { line: "cd ~/graphistry/releases/v2.22.2 && docker compose ps" },
];

/** Every line that is set apart to be typed, or looked at, with the remark behind it taken away. */
export const linesOf = (page: string): readonly string[] =>
  page
    .split("\n")
    .filter(line => line.startsWith("    ") && line.trim() !== "")
    .map(line => line.trim().split(/\s{2,}/)[0] ?? "");
