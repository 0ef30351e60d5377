import { healthOf, type Observed, type ServiceHealth } from "../domain/health.ts";
import { OperatorError } from "../errors.ts";

/**
 * The health of each service, as long as none has failed for good.
 * @throws OperatorError NOT_HEALTHY
 */
export function refuseFailed(
  instance: string,
  services: readonly string[],
  containers: readonly Observed[],
): readonly ServiceHealth[] {
  const health = services.map(service => healthOf(service, containers));
  const failed = health.find(({ verdict }) => verdict === "failed");
  if (!failed) return health;
  throw new OperatorError("NOT_HEALTHY", `${failed.service} of ${instance} ${failed.why}.`, {
    hint: `graph-mgr logs ${instance} ${failed.service}`,
  });
}
