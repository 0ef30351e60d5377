import { execa } from "execa";

/** Two files of tests may need it at once, and apt knows only one user. */
const INSTALL = `exec 9>"/var/tmp/graph-mgr-test-$0.lock" && flock 9
command -v "$0" >/dev/null && exit
command -v apt-get >/dev/null || { echo "the program $0 is not here; install it" >&2; exit 3; }
echo "Installing packages of this machine's distribution: $0" >&2
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$0" >/dev/null`;

/** A program that graph-mgr uses where it is there, and that tests of this need; its package has its name. @throws where it is not and cannot be installed */
export async function needs(program: "openssl" | "restic" | "zstd"): Promise<void> {
  await execa("sh", ["-c", INSTALL, program], { stdin: "ignore", stderr: 2 });
}
