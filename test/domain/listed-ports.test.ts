import { expect, it } from "vitest";
import { listedPorts } from "../../src/domain/listed-ports.ts";

const ports = (texts: readonly string[]) =>
  texts.map(text => {
    const [, host, container, protocol = "tcp"] = /^(\d+)->(\d+)(?:\/(udp))?$/.exec(text) ?? [];
    return { container: Number(container), protocol: protocol as "tcp" | "udp", host: Number(host) };
  });

/** @param published of each running container */
const listed = (recorded: readonly string[], ...published: readonly (readonly string[])[]) =>
  listedPorts(
    ports(recorded).map(port => ({ service: "caddy", ...port })),
    [...published.map(each => ({ service: "caddy", ports: ports(each) })), { service: "other", ports: ports(["9->80"]) }],
  ).map(({ host, container, protocol }) => `${host}->${container}/${protocol}`);

it("shows what is recorded while nothing is published", () => {
  expect(listed(["8443->443", "8443->443/udp"])).toEqual(["8443->443/tcp", "8443->443/udp"]);
});

it("shows each of the ports that one container port is published on, whatever order they come in", () => {
  expect(listed(["14081->80", "14082->80"], ["14082->80", "14081->80"])).toEqual(["14081->80/tcp", "14082->80/tcp"]);
});

it("shows where it is published now, each once", () => {
  expect(listed(["14081->80", "14082->80"], ["15000->80", "14082->80"])).toEqual(["15000->80/tcp", "14082->80/tcp"]);
  expect(listed(["14081->80", "14082->80"], ["15000->80", "15001->80"])).toEqual(["15000->80/tcp", "15001->80/tcp"]);
  expect(listed(["14300->99", "14301->99", "14302->99"], ["14301->99"])).toEqual(["14301->99/tcp"]);
});

it("looks at every container of a scaled service, and at the protocol", () => {
  expect(listed(["81->80", "82->80"], ["81->80"], ["82->80"])).toEqual(["81->80/tcp", "82->80/tcp"]);
  expect(listed(["443->443/udp"], ["8443->443", "9443->443/udp"])).toEqual(["9443->443/udp"]);
});
