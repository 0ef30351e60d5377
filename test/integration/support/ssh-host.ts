import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { until } from "./engine.ts";

const freePort = (address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, address, () => {
      const listening = server.address();
      server.close(() => resolve(typeof listening === "object" && listening !== null ? listening.port : 0));
    });
  });

/** Another machine, as far as ssh can tell: a server of its own on this one, and the operator's settings for it. */
export class SshHost {
  readonly dir: string;
  readonly port: number;
  readonly address: string;
  #stop: () => Promise<unknown> = async () => undefined;

  private constructor(dir: string, port: number, address: string) {
    this.dir = dir;
    this.port = port;
    this.address = address;
  }

  /** @param address of this machine that it listens at */
  static async make(address = "127.0.0.1"): Promise<SshHost> {
    const host = new SshHost(await mkdtemp(join(tmpdir(), "graph-mgr-ssh-")), await freePort(address), address);
    const { dir, port } = host;
    for (const name of ["host", "client"]) await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)]);
    await execa("cp", [join(dir, "client.pub"), join(dir, "authorized")]);
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    await writeFile(
      join(dir, "sshd.conf"),
      `Port ${port}\nListenAddress ${address}\nHostKey ${dir}/host\nAuthorizedKeysFile ${dir}/authorized\nStrictModes no\nPidFile none\nUsePAM no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n`,
    );
    await host.trust();
    await writeFile(
      join(dir, "config"),
      `IdentityFile ${dir}/client\nIdentitiesOnly yes\nUserKnownHostsFile ${dir}/known\nGlobalKnownHostsFile /dev/null\n`,
    );
    // The settings of whoever runs the tests are not theirs to use.
    await mkdir(join(dir, "bin"));
    await writeFile(join(dir, "bin/ssh"), `#!/bin/sh\necho $$ >> ${dir}/clients\nexec /usr/bin/ssh -F ${dir}/config "$@"\n`);
    await chmod(join(dir, "bin/ssh"), 0o755);
    await host.start();
    return host;
  }

  /** What the operator did by hand once. */
  async trust(key = "host"): Promise<void> {
    const { stdout } = await execa("cut", ["-d", " ", "-f", "1,2", join(this.dir, `${key}.pub`)]);
    await writeFile(join(this.dir, "known"), `[${this.address}]:${this.port} ${stdout}\n`);
  }

  async start(): Promise<void> {
    const server = execa("/usr/sbin/sshd", ["-D", "-e", "-f", join(this.dir, "sshd.conf")], { reject: false, stdio: "ignore" });
    this.#stop = () => {
      server.kill("SIGTERM");
      return server;
    };
    await until(
      () => this.reach(),
      code => code === 0,
    );
  }

  stop = (): Promise<unknown> => this.#stop();

  async reach(): Promise<number> {
    const { exitCode } = await execa(
      join(this.dir, "bin/ssh"),
      ["-o", "BatchMode=yes", "-p", String(this.port), this.address, "true"],
      { reject: false },
    );
    return exitCode ?? 1;
  }

  /** For a program that shall reach it. */
  get env(): Readonly<Record<string, string>> {
    return { PATH: `${this.dir}/bin:${process.env["PATH"] ?? ""}` };
  }

  place = (path: string): string => `ssh://${this.address}:${this.port}${path}`;

  async remove(): Promise<void> {
    await this.#stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
