/** Worst first. */
export const SEVERITIES = ["error", "warning", "note", "ok"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What `doctor` looks at, in the order of its text. */
export const CHECKS = {
  engine: "Docker Engine and Compose",
  records: "records of instances",
  operations: "operations",
  sharing: "what instances share",
  "through-current": "what runs through the link `current`",
  health: "health",
  configuration: "configuration",
  images: "images",
  "restart-policy": "restart policies",
  revivers: "what starts releases behind graph-mgr's back",
  database: "databases",
  collation: "collations",
  backups: "backups",
  ports: "ports",
  certificates: "certificates",
  dns: "host names",
  disk: "disks",
  memory: "memory",
  clock: "clock",
  gpu: "GPU",
  permissions: "permissions",
  strays: "what belongs to nothing any more",
  cache: "what is remembered",
} as const;
export type CheckName = keyof typeof CHECKS;

/** A harmless change that `doctor --fix` may make. */
export type Fix =
  | { readonly kind: "mode"; readonly path: string; readonly mode: number }
  | {
      readonly kind: "tag";
      readonly project: string;
      readonly service: string;
      readonly own: string;
      readonly reference: string;
      readonly id: string;
    }
  | { readonly kind: "policy"; readonly project: string; readonly container: string; readonly policy: string }
  | { readonly kind: "helper"; readonly container: string }
  | { readonly kind: "cache"; readonly path: string };

export interface Finding {
  readonly check: CheckName;
  readonly severity: Severity;
  /** What it is about: an instance, a path, a volume. */
  readonly subject: string;
  /** One sentence of what is so. */
  readonly message: string;
  /** What to type, or to do; null where nothing is to be done. */
  readonly cure: string | null;
  /** What `--fix` does about it; empty where that is the operator's own. */
  readonly fixes: readonly Fix[];
}

type More = { readonly cure?: string; readonly fixes?: readonly Fix[] };

const of =
  (severity: Severity) =>
  (check: CheckName, subject: string, message: string, { cure, fixes = [] }: More = {}): Finding => ({
    check,
    severity,
    subject,
    message,
    cure: cure ?? null,
    fixes,
  });

export const broken = of("error");
export const risky = of("warning");
export const remark = of("note");
export const fine = of("ok");

/** Worst first, and within that in the order of the checks. */
export function byWeight(findings: readonly Finding[]): readonly Finding[] {
  const checks = Object.keys(CHECKS);
  const rank = ({ severity, check }: Finding) => SEVERITIES.indexOf(severity) * checks.length + checks.indexOf(check);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

export const countsOf = (findings: readonly Finding[]): Readonly<Record<Severity, number>> => {
  const count = (severity: Severity) => findings.filter(each => each.severity === severity).length;
  return { error: count("error"), warning: count("warning"), note: count("note"), ok: count("ok") };
};
