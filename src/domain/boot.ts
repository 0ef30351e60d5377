import { hash } from "node:crypto";
import { z } from "zod";
import { commandLine, environmentLines, readUnitHead, unitHead } from "./unit-text.ts";

const bootStart = z.object({ schema: z.literal(1), home: z.string() });

/** What has the current instance of a home start with the machine. */
export type BootStart = z.infer<typeof bootStart>;

/** `graph-mgr-boot-3f9a00d2`: one for each home. */
export const bootUnitName = (home: string): string => `graph-mgr-boot-${hash("sha256", home).slice(0, 8)}`;

/**
 * It names no instance, so that an update needs no new one and nothing wakes an old release. A failure stays and is shown: systemd
 * before 244 starts no service of this type again.
 * @param target what is reached when the machine, or the user's own systemd, is up
 * @param program what starts graph-mgr: absolute paths
 */
export const bootUnitText = (
  given: BootStart,
  target: "multi-user.target" | "default.target",
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
): string => `${unitHead("boot", given, "boot enable", "which shows it; `graph-mgr boot disable` removes it")}
[Unit]
Description=Start of the current instance by graph-mgr
Wants=docker.service network-online.target
After=docker.service network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
${environmentLines(environment)}ExecStart=${commandLine(program, ["launch", "--unless-stopped", "--home", given.home, "--yes"])}
KillMode=mixed
TimeoutStopSec=5min

[Install]
WantedBy=${target}
`;

export const parseBootUnit = (text: string): BootStart | null => readUnitHead("boot", text, value => bootStart.parse(value));
