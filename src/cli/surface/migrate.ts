import { ON_FAILURE, PORTS } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const MIGRATE: CommandSpec = {
  name: "migrate",
  summary: "Move an instance to another machine, over ssh",
  positionals: [
    { name: "target", required: true, describe: "The other machine: [user@]host[:port]" },
    { name: "instance", required: false, describe: "Such as v2.22.2; the current one unless named" },
  ],
  options: [
    { name: "keep-source", kind: "flag", describe: "A clone: the instance here is never stopped, and both serve afterwards" },
    { name: "identity", kind: "text", value: "FILE", describe: "The key to log in with; what ssh takes by itself unless given" },
    { name: "known-hosts", kind: "text", value: "FILE", describe: "The keys of hosts that are known; your own unless given" },
    {
      name: "remote-home",
      kind: "text",
      value: "DIR",
      describe: "The home there; what graph-mgr takes there by itself unless given",
    },
    { name: "address", kind: "text", value: "URL", describe: "Where visitors find it there, for the page that stays here" },
    ...PORTS,
    ON_FAILURE,
  ],
  examples: [
    ["migrate root@new-host --dry-run", "Looks at both machines and shows every step"],
    ["migrate root@new-host", "The current instance, with everything"],
    ["migrate root@new-host --keep-source", "A clone, while it serves here"],
  ],
  notes: [
    "The other machine needs ssh with a key, Docker and Node.js; graph-mgr is put there if it is missing. Until it serves there, any failure puts the instance here back to serving; it stays here, complete and off.",
  ],
  questions: [OTHER_QUESTIONS.confirm, OTHER_QUESTIONS.failed],
};

/** Plumbing, and yet a command like others: what `migrate` runs is what one can read about. */
export const RECEIVE: CommandSpec = {
  name: "receive",
  isPlumbing: true,
  summary: "The other end of migrate; not for people",
  positionals: [
    { name: "action", required: true, describe: "look, images, ahead, chunks, instance, state, resume, launch, stop or back" },
    { name: "what", required: false, describe: "The name of the move; with look: ports" },
  ],
  options: [...PORTS],
  examples: [["receive look 80/tcp,443/tcp", "What a move has to know of this machine, as JSON"]],
};
