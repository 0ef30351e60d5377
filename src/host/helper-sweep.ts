import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import { HELPER_LABELS } from "./helper-container.ts";

/**
 * Removes the helper containers that killed operations of this home left behind; called under the home's lock, when no
 * operation of it can be at work. Those of other homes are not touched, nor are running ones that only look.
 * @returns their names
 */
export async function sweepHelpers(executor: Executor, home: string): Promise<readonly string[]> {
  const label = (name: string) => `{{json (.Label "${name}")}}`;
  const listed = await executor.run(
    docker(
      "ps",
      "--all",
      "--no-trunc",
      `--filter=label=${HELPER_LABELS.helper}`,
      `--filter=label=${HELPER_LABELS.home}=${home}`,
      `--format=[{{json .ID}},{{json .Names}},{{json .State}},${label(HELPER_LABELS.home)},${label(HELPER_LABELS.operation)}]`,
    ),
  );
  const left: { readonly id: string; readonly name: string }[] = [];
  for (const line of listed.split("\n").filter(each => each !== "")) {
    const [id = "", name = "", state = "", ofHome = "", operation = ""] = JSON.parse(line) as string[];
    if (ofHome === home && (operation !== "" || state !== "running")) left.push({ id, name });
  }
  for (const { id } of left) {
    // Its own end may come first: gone is what was wanted.
    await executor.run(docker("rm", "--force", "--", id)).catch(async error => {
      const still = await executor.run(docker("ps", "--all", "--quiet", "--no-trunc", `--filter=id=${id}`));
      if (still !== "") throw error;
    });
  }
  return left.map(each => each.name);
}
