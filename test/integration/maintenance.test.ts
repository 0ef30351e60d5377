import { appendFile, chown, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, request as plainly } from "node:http";
import { request as overTls } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { Home } from "../../src/domain/home.ts";
import { type InstanceRecord, parseRecord } from "../../src/domain/instance.ts";
import { caddyfilePath } from "../../src/domain/maintenance.ts";
import { createWorld } from "../../src/host/create-world.ts";
import { watchPort } from "../../src/host/port-watch.ts";
import type { World } from "../../src/host/world.ts";
import type { Context } from "../../src/steps/context.ts";
import { kinds, maintenanceDown, maintenanceUp } from "../../src/steps/index.ts";
import { pageInput } from "../simulator/maintenance.ts";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, inspect, leftovers, until, watch } from "./support/engine.ts";
import { executor } from "./support/postgres-servers.ts";

const ROOT = new URL("../../", import.meta.url);

const homes: TestHome[] = [];
afterAll(async () => {
  for (const home of homes) await home.remove();
});

const PATHS = ["/", "/caddy/health/", "/api/version?x=1", "/deeply/nested/../path"];
const OPERATION = "20260101T000000Z-update-000000";
const HOST = "grph.example.com";

/** Where each layout's front finds certificates: in the container, and in the instance's folder. */
const CERTIFICATES = {
  "v2.22.2": { at: "/root/.caddy/own", dir: ".caddy/own", caddyfile: "Caddyfile" },
  "v2.45.11": { at: "/data/own", dir: "data/caddy/data/own", caddyfile: "data/config/Caddyfile" },
} as const;

/** An instance that runs, with a certificate of its own, and what the steps need. */
async function installed(release: keyof typeof CERTIFICATES) {
  const home = await TestHome.make();
  homes.push(home);
  const instance = `${release}-${home.suffix}`;
  await home.ok("install", bundle(release), "--name", home.suffix, "--yes");
  const path = new Home(home.path).record(instance);
  const record = parseRecord(await readFile(path, "utf8"), path);
  const world = createWorld(executor, () => ({ home: home.path, operation: OPERATION }), ROOT);
  const context: Context = {
    world,
    operation: { id: OPERATION, home: home.path },
    progress: () => {},
    remark: () => {},
    signal: new AbortController().signal,
  };
  const hostPort = (container: number) => record.ports.find(each => each.container === container)!.host!;
  return { home, instance, record, world, context, http: hostPort(80), https: hostPort(443) };
}
type Installed = Awaited<ReturnType<typeof installed>>;

/** Has Caddy make a certificate and a key for HOST; `$1` is its configuration. */
const MAKE_CERTIFICATE = `printf %s "$1" >/tmp/Caddyfile
XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp caddy run --config /tmp/Caddyfile --adapter caddyfile >/dev/null 2>&1 &
cd /tmp && until [ -s caddy/certificates/local/${HOST}/${HOST}.json ]; do sleep 0.1; done
cat caddy/certificates/local/${HOST}/${HOST}.crt && echo KEY && cat caddy/certificates/local/${HOST}/${HOST}.key`;

/** As an administrator gives a front a certificate: files, lines in the Caddyfile, a restart. */
async function giveCertificate(
  { home, instance, record, https }: Installed,
  release: keyof typeof CERTIFICATES,
): Promise<string> {
  const { at, dir, caddyfile } = CERTIFICATES[release];
  const folder = join(record.dir, dir);
  await mkdir(folder, { recursive: true });
  const configuration = `{\nadmin off\nskip_install_trust\n}\n${HOST} {\ntls internal\n}\n`;
  const script = ["-c", MAKE_CERTIFICATE, "make", configuration];
  const made = await docker("run", "--rm", "--network=none", "--entrypoint=sh", record.images["caddy"]!.id, ...script);
  const [certificate = "", key = ""] = made.split("KEY\n");
  await writeFile(`${folder}/my.crt`, certificate);
  // A key is nobody else's, and often a link.
  await writeFile(`${folder}/real.key`, `${key}\n`, { mode: 0o600 });
  await chown(`${folder}/real.key`, 1000, 1000);
  await symlink(`${at}/real.key`, `${folder}/my.key`);
  const site = `\n${HOST} {\n  tls ${at}/my.crt ${at}/my.key\n  reverse_proxy nginx:80\n}\n`;
  await appendFile(join(record.dir, caddyfile), site);
  await home.ok("restart", instance);
  return (await until(
    () => certificateOn(https, HOST),
    seen => seen !== null,
  ))!;
}

/** The SHA-256 of the certificate that is shown on a port; null where none is. */
const certificateOn = (port: number, servername: string): Promise<string | null> =>
  new Promise(resolve => {
    const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256 ?? null);
      socket.destroy();
    });
    socket.on("error", () => resolve(null));
  });

interface Fetched {
  readonly status: number;
  readonly retryAfter: string;
  readonly type: string;
  readonly body: string;
}

/** What a visitor gets at HOST, by whatever method. */
const fetched = (port: number, tls: boolean, path: string, method = "GET", servername = HOST): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    const headers = { host: servername || "127.0.0.1" };
    const options = { host: "127.0.0.1", port, path, method, agent: false, timeout: 5000, headers };
    const sent = (tls ? overTls : plainly)(
      { ...options, ...(tls ? { servername, rejectUnauthorized: false } : {}) },
      response => {
        let body = "";
        response.setEncoding("utf8").on("data", chunk => {
          body += chunk;
        });
        const header = (name: string) => String(response.headers[name] ?? "");
        const said = { status: response.statusCode ?? 0, retryAfter: header("retry-after"), type: header("content-type") };
        response.on("end", () => resolve({ ...said, body }));
      },
    );
    sent.on("error", reject).end();
  });
const PAGE = { status: 503, retryAfter: "30", type: "text/html; charset=utf-8" };

/** The product itself, through its front. */
const isServed = (world: World, port: number) =>
  until(
    () => world.ports.ask({ port, tls: false, path: "/api/version" }),
    seen => seen?.status === 200,
    60_000,
  );

const front = async (record: InstanceRecord) =>
  (await containersOf(record.project)).find(each => each.Config.Labels["com.docker.compose.service"] === "caddy")!;

async function carryOut(step: ReturnType<typeof maintenanceUp.step>, context: Context): Promise<void> {
  const kind = kinds.get(step.kind)!;
  const before = await kind.look(step.input, context);
  await kind.do(step.input, context, before);
  expect(await kind.isDone(step.input, context, before)).toBe(true);
}

describe.each(["v2.22.2", "v2.45.11"] as const)("the maintenance page of %s", release => {
  it("answers 503 with Retry-After to everything on http and https, with the instance's certificate, until it is taken down", async () => {
    const given = await installed(release);
    const { record, world, context, http, https } = given;
    const certificate = await giveCertificate(given, release);
    expect(caddyfilePath(record.product, await world.compose.resolve({ ...record, name: record.project }))).toBe(
      join(record.dir, CERTIFICATES[release].caddyfile),
    );
    const input = await pageInput({ world }, record, OPERATION, given.home.path);
    expect(input.ports.map(({ host, tls }) => [host, tls])).toEqual([
      [http, false],
      [https, true],
    ]);
    await isServed(world, http);
    const own = watchPort({ port: http, tls: false, path: "/api/version" }, world);
    const served: number[] = [];
    const refused: number[] = [];
    const outside = watch(async () => {
      const seen = await fetched(http, false, "/api/version").catch(() => null);
      if (seen?.status === 200) served.push(performance.now());
      if (seen?.status === 503) refused.push(performance.now());
    }, 20);
    await until(
      async () => served.length,
      count => count > 0,
    );

    await world.engine.stop([(await front(record)).Id], 10);
    await carryOut(maintenanceUp.step(input), context);
    for (const [port, tls, host] of [
      [http, false, ""],
      [https, true, ""],
      [https, true, HOST],
    ] as const) {
      for (const path of PATHS) {
        const { body, ...said } = await fetched(port, tls, path, "GET", host);
        expect([port, path, said]).toEqual([port, path, PAGE]);
        expect(body).toContain("<h1>Back soon</h1>");
      }
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
        expect([method, await fetched(port, tls, "/api/datasets", method, host)]).toMatchObject([method, PAGE]);
    }
    expect(await certificateOn(https, HOST)).toBe(certificate);
    expect(await certificateOn(https, "")).toBe(certificate);

    const [page] = await inspect(`graph-mgr-${record.project}-maintenance`);
    expect(page!.Image).toBe((await front(record)).Image);
    expect(page!.HostConfig).toMatchObject({ RestartPolicy: { Name: "unless-stopped" }, ReadonlyRootfs: true, CapDrop: ["ALL"] });
    expect(page!.Mounts.filter(({ RW }) => RW)).toEqual([]);
    expect(Object.keys(page!.Config.Labels).filter(label => label.startsWith("com.docker.compose"))).toEqual([]);
    expect(await world.engine.sweep(given.home.path)).toEqual([]);

    // Long enough to tell the page's time from that in which nobody answers.
    await until(
      async () => refused.at(-1)! - refused[0]!,
      forMs => forMs > 3000,
    );
    await carryOut(maintenanceDown.step(input), context);
    expect(await world.ports.ask({ port: http, tls: false, path: "/" })).toBeNull();
    await world.engine.start([(await front(record)).Id]);
    await isServed(world, http);
    const before = served.length;
    await until(
      async () => served.length,
      count => count > before,
    );
    await outside.stop();
    const { downtimeMs, gaps } = await own.stop();
    const downMs = Math.max(...served.slice(1).map((at, index) => at - served[index]!));
    expect(Math.abs(downtimeMs - downMs)).toBeLessThan(1000);
    expect(gaps.length).toBeGreaterThanOrEqual(2);
    expect(await certificateOn(https, HOST)).toBe(certificate);
    expect((await leftovers("maintenance")).filter(name => name.includes(record.project))).toEqual([]);
  });
});

describe("the maintenance page of a release whose front has no certificate", () => {
  it("answers on https with one that it made, comes back after a kill, and is refused on a port that somebody has", async () => {
    const given = await installed("v2.22.2");
    const { record, world, context, http, https } = given;
    const input = await pageInput({ world }, record, OPERATION, given.home.path);
    const step = maintenanceUp.step(input);
    await expect(carryOut(step, context)).rejects.toThrow(
      expect.objectContaining({
        code: "PORT_TAKEN",
        message: expect.stringContaining(`is in use by ${record.project}-caddy-1.`),
      }),
    );
    await world.engine.stop([(await front(record)).Id], 10);
    const squatter = createServer().listen(https, "0.0.0.0");
    await expect(carryOut(step, context)).rejects.toThrow(
      expect.objectContaining({ code: "PORT_TAKEN", message: expect.stringContaining(`Port ${https}`) }),
    );
    await new Promise(resolve => squatter.close(resolve));
    expect(await leftovers(`graph-mgr-${record.project}-maintenance`)).toEqual([]);

    const nowhere = input.caddyfile.replace(/tls internal \{[^}]*\}/, "tls /nowhere/my.crt /nowhere/my.key");
    await expect(carryOut(maintenanceUp.step({ ...input, caddyfile: nowhere }), context)).rejects.toThrow(
      expect.objectContaining({
        code: "MAINTENANCE_DOWN",
        message: expect.stringMatching(/no answer.*\/nowhere\/my\.crt: no such file/),
      }),
    );
    await carryOut(step, context);
    expect(await fetched(http, false, "/")).toMatchObject(PAGE);
    for (const host of ["", HOST]) expect(await fetched(https, true, "/", "GET", host)).toMatchObject(PAGE);
    const page = () => inspect(`graph-mgr-${record.project}-maintenance`);
    const [{ Id, State }] = (await page()) as [Awaited<ReturnType<typeof page>>[number]];
    // As a machine that goes down would end it.
    await execa("kill", ["-KILL", await docker("inspect", "--format", "{{.State.Pid}}", Id)]);
    await until(
      async () => (await page())[0],
      seen => seen?.State.Running === true && seen.State.StartedAt !== State.StartedAt,
    );
    await until(
      () => world.ports.ask({ port: http, tls: false, path: "/" }),
      seen => seen?.status === 503,
    );

    const kind = kinds.get(step.kind)!;
    if (typeof kind.undo !== "function") throw new Error("it cannot be undone");
    await kind.undo(step.input, context, null);
    await kind.undo(step.input, context, null);
    expect(await page()).toEqual([]);
    await world.engine.start([(await front(record)).Id]);
  });
});
