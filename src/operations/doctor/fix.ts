import type { Finding, Fix } from "../../domain/finding.ts";
import type { ImageStore } from "../../domain/image.ts";
import { several } from "../../domain/units.ts";
import { OperatorError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { dropCache, mendModes, mendPolicies, sweepHelpers, tagImages } from "../../steps/index.ts";
import { newPlan, type Occasion, operationId } from "../plan-id.ts";

interface FixFacts {
  readonly home: string;
  /** Docker's id of it. */
  readonly engine: string;
  readonly imageStore: ImageStore;
  readonly findings: readonly Finding[];
  /** Helper containers that were there when it was asked for: whoever takes the lock sweeps them before a plan is made again. */
  readonly helpers: readonly string[];
}

type Of<Kind extends Fix["kind"]> = Extract<Fix, { readonly kind: Kind }>;

/** What `doctor` may do by itself: nothing that could lose anything. @throws OperatorError NOTHING_TO_FIX */
export function planFix({ home, engine, imageStore, findings, helpers }: FixFacts, occasion: Occasion): Plan {
  const fixes = findings.flatMap(each => each.fixes);
  const of = <Kind extends Fix["kind"]>(kind: Kind) => fixes.filter((fix): fix is Of<Kind> => fix.kind === kind);
  const modes = of("mode").map(({ path, mode }) => ({ path, mode }));
  const steps = [
    ...(helpers.length === 0 ? [] : [sweepHelpers.step({ home, containers: helpers })]),
    ...(modes.length === 0 ? [] : [mendModes.step({ files: modes })]),
    ...grouped(of("tag")).map(([slug, tags]) =>
      tagImages.step({
        slug,
        store: imageStore,
        tags: tags.map(({ service, own, reference, id }) => ({ service, own, reference, config: id, layers: [] })),
      }),
    ),
    ...grouped(of("policy")).map(([project, own]) =>
      mendPolicies.step({ project, policies: own.map(({ container, policy }) => ({ container, policy })) }),
    ),
    ...of("cache").map(({ path }) => dropCache.step({ path })),
  ];
  if (steps.length === 0)
    throw new OperatorError("NOTHING_TO_FIX", "There is nothing that could be mended without asking you.", {
      hint: "graph-mgr doctor   (each finding names its cure)",
    });
  const rest = findings.filter(({ severity, fixes: own }) => ["error", "warning"].includes(severity) && own.length === 0).length;
  return newPlan({
    id: operationId("doctor-fix", occasion),
    operation: "doctor-fix",
    instance: null,
    home,
    engine,
    summary: `Mend what is harmless to mend (${several(steps.length, "step")})`,
    notes: rest === 0 ? [] : [`${several(rest, "finding")} ${rest === 1 ? "stays, and needs" : "stay, and need"} you`],
    wayBack: null,
    steps,
  });
}

function grouped<Each extends { readonly project: string }>(
  fixes: readonly Each[],
): readonly (readonly [string, readonly Each[]])[] {
  return [...new Set(fixes.map(({ project }) => project))].map(project => [
    project,
    fixes.filter(each => each.project === project),
  ]);
}
