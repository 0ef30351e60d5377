import type { ComposeModel } from "./compose-model.ts";

/**
 * Services that can be brought up before anybody from outside reaches the product: all but the front (those that publish ports or stand in the machine's network) and what
 * Compose would start the front for.
 * @param active services that a plain `up` starts
 */
export function innerServices({ services }: ComposeModel, active: readonly string[]): readonly string[] {
  const outer = new Set(
    active.filter(name => (services[name]?.ports ?? []).length > 0 || services[name]?.network_mode === "host"),
  );
  for (let grew = true; grew; ) {
    grew = false;
    for (const name of active) {
      const needs = [...Object.keys(services[name]?.depends_on ?? {}), ...joined(services[name]?.network_mode)];
      if (outer.has(name) || !needs.some(need => outer.has(need))) continue;
      outer.add(name);
      grew = true;
    }
  }
  return active.filter(name => !outer.has(name));
}

/** `service:caddy` cannot run without caddy. */
const joined = (networkMode = ""): readonly string[] =>
  networkMode.startsWith("service:") ? [networkMode.slice("service:".length)] : [];
