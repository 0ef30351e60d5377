import { expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { hostNetworkNotes, machineRightsNotes, refuseFixedNetworks, refuseHostNetwork } from "../../src/operations/refusals.ts";

const facts = (model: Partial<ComposeModel>) => ({ model: { name: "p", services: {}, ...model } as ComposeModel });

it("what only one instance can have is refused with the reason, and told where there is one", () => {
  const fixed = facts({ networks: { grph: { name: "p_grph", ipam: { config: [{ subnet: "10.5.0.0/16" }] } } } });
  expect(() => refuseFixedNetworks(fixed)).toThrow(expect.objectContaining({ code: "NETWORK_FIXED" }));
  expect(() => refuseFixedNetworks(fixed)).toThrow("The network grph has the fixed addresses 10.5.0.0/16");
  const host = facts({ services: { agent: { network_mode: "host" } } as ComposeModel["services"] });
  expect(() => refuseHostNetwork(host)).toThrow(expect.objectContaining({ code: "NETWORK_HOST" }));
  expect(hostNetworkNotes(host)).toEqual([
    "agent stands in the network of this machine: every port that it opens is the machine's",
  ]);
  const plain = facts({ networks: { default: { name: "p_default", ipam: {} } } });
  expect(() => refuseFixedNetworks(plain)).not.toThrow();
  expect(() => refuseHostNetwork(plain)).not.toThrow();
  expect(hostNetworkNotes(plain)).toEqual([]);
});

it("what gets rights of the machine is told, each with what it asks for", () => {
  const model = (service: object) => ({ model: { name: "p", services: { agent: service, web: {} } } });
  expect(machineRightsNotes(model({ privileged: true, pid: "host", cap_add: ["SYS_ADMIN"] }))).toEqual([
    "agent gets rights of this machine that containers do not have (privileged, pid: host, cap_add: SYS_ADMIN)",
  ]);
  expect(machineRightsNotes(model({ privileged: false, pid: "service:web", ipc: "shareable" }))).toEqual([]);
});
