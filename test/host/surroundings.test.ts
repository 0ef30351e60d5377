import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { execa } from "execa";
import { expect, it } from "vitest";
import { certificateIn } from "../../src/domain/certificate.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import { createSurroundings } from "../../src/host/surroundings.ts";
import { needs } from "../support/programs.ts";

const surroundings = createSurroundings(localExecutor(process.env));

it("tells the machine, its memory and its disks, and null for what is not there", async () => {
  expect(await surroundings.system()).toMatchObject({ node: process.version, uid: process.getuid?.() });
  const [memory, disk] = [await surroundings.memory(), await surroundings.disk("/")];
  expect(memory?.totalBytes).toBeGreaterThan(2 ** 28);
  expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0);
  expect(await surroundings.disk("/no/such/path")).toBeNull();
  expect(await surroundings.entry("/no/such/path")).toBeNull();
  expect([true, false, null]).toContain(await surroundings.isSynchronized());
});

it("F69 does not follow links", async () => {
  const folder = await mkdtemp(join(tmpdir(), "graph-mgr-entry-"));
  await writeFile(join(folder, "file"), "four", { mode: 0o640 });
  await symlink("file", join(folder, "link"));
  expect(await surroundings.entry(join(folder, "file"))).toMatchObject({ type: "file", mode: 0o640, sizeBytes: 4 });
  expect((await surroundings.entry(join(folder, "link")))?.type).toBe("link");
  expect((await surroundings.entry(join(folder)))?.type).toBe("folder");
  await rm(folder, { recursive: true });
});

it("knows this machine's name, and does not wait for others", async () => {
  expect(await surroundings.addresses("localhost")).toEqual(expect.arrayContaining([expect.stringMatching(/^127\.|^::1$/)]));
  const began = performance.now();
  expect(await surroundings.addresses("no-such-host.invalid")).toSatisfy(
    (found: unknown) => found === null || found === "unknown",
  );
  expect(performance.now() - began).toBeLessThan(4000);
});

it("looks at the certificate that a port shows, whoever vouches for it, and at none where there is none", async () => {
  await needs("openssl");
  const folder = await mkdtemp(join(tmpdir(), "graph-mgr-tls-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "x.pem")];
  const make = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "9",
    "-subj",
    "/CN=served.example",
  ];
  await execa("openssl", [...make, "-keyout", key, "-out", certificate]);
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) });
  const plain = createServer(socket => socket.end("HTTP/1.1 400 no\r\n\r\n"));
  const listen = (server: typeof plain) =>
    new Promise<number>(resolve => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  try {
    const raw = await surroundings.servedCertificate(await listen(tls), "served.example", "127.0.0.1");
    expect(certificateIn(raw ?? Buffer.alloc(0))?.subject).toBe("CN=served.example");
    expect(await surroundings.servedCertificate(await listen(plain), "served.example", "127.0.0.1")).toBeNull();
    expect(await surroundings.servedCertificate(1, "served.example", "127.0.0.1")).toBeNull();
  } finally {
    tls.close();
    plain.close();
    await rm(folder, { recursive: true });
  }
});
