import { expect, it } from "vitest";
import { equivalentCommand } from "../../src/cli/equivalent.ts";
import { portNumber, portRequest, settings } from "../../src/cli/options.ts";

const none = { httpPort: undefined, httpsPort: undefined, port: [] };

it.each(["abc", "0", "65536", "99999", "8080x", "-1", "1.5", "0x50", "1e3", " 80", "000080"])("%j is no port", text => {
  expect(() => portNumber("http-port")(text)).toThrow("--http-port takes a port from 1 to 65535");
});

it("reads ports", () => {
  expect([portNumber("http-port")("65535"), portNumber("http-port")(undefined)]).toEqual([65_535, undefined]);
  expect(portRequest({ httpPort: 80, httpsPort: undefined, port: ["web:80=8080", "dns.1:53/udp=5353"] })).toEqual({
    http: 80,
    https: undefined,
    ports: [
      { service: "web", container: 80, protocol: "tcp", host: 8080 },
      { service: "dns.1", container: 53, protocol: "udp", host: 5353 },
    ],
  });
});

it.each(["abc", "web=80", "web:80", "web:80=", "web:80=99999", "web:0=80", "web:80/sctp=80", ":80=80", "web:80=80=80"])(
  "--port %j is refused",
  text => {
    expect(() => portRequest({ ...none, port: [text] })).toThrow("--port takes SERVICE:CONTAINER=PORT");
  },
);

it("refuses a port that is asked for twice, but TCP and UDP are two", () => {
  expect(() => portRequest({ ...none, httpPort: 80, httpsPort: 80 })).toThrow("Port 80 is given to two things at once.");
  expect(() => portRequest({ ...none, httpPort: 80, port: ["a:1=80"] })).toThrow("Port 80 is given to two things at once.");
  expect(() => portRequest({ ...none, port: ["a:1=80", "a:1=81"] })).toThrow("--port gives a:1 twice.");
  expect(portRequest({ ...none, port: ["a:53=53", "a:53/udp=53"] }).ports).toHaveLength(2);
});

it("reads settings, and never repeats a value in an error", () => {
  expect(settings(["A=1", "B=x=y", "C="])).toEqual({ A: "1", B: "x=y", C: "" });
  for (const bad of [["=s3cret"], ["1A=s3cret"], ["A-B=s3cret"], ["s3cret"], ["COMPOSE_FILE=s3cret"], ["A=s3cret", "A=s3cret"]]) {
    const refusal = (() => {
      try {
        return settings(bad);
      } catch (error) {
        return String(error);
      }
    })();
    expect(refusal).toMatch(/--set|COMPOSE_FILE/);
    expect(refusal).not.toContain("s3cret");
  }
});

it("writes the command that would have done the same, as one can paste it", () => {
  const command = equivalentCommand("install", "/a b/it's.tar", {
    name: "x",
    "http-port": 80,
    port: ["web:1=2", "web:3=4"],
    set: [],
    launch: false,
    "stop-source": true,
    release: undefined,
  });
  expect(command).toBe(
    `graph-mgr install '/a b/it'\\''s.tar' --name x --http-port 80 --port web:1=2 --port web:3=4 --no-launch --stop-source --yes`,
  );
});
