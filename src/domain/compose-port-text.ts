/** A port in Compose's short syntax, taken apart: `[ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`. */
export interface PortText {
  readonly address: string | null;
  /** As written, may be empty; null when there is none. */
  readonly host: string | null;
  /** Where the host part begins in the text; where it would have to be put if there is none. */
  readonly hostFrom: number;
  readonly container: string;
  readonly protocol: string;
}

/** Reads the short syntax without resolving variables: `${PORT:-80}` counts as one word. */
export function readPort(text: string): PortText {
  const cuts: number[] = [];
  let [braces, brackets] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "{") braces += 1;
    else if (character === "}") braces -= 1;
    else if (character === "[") brackets += 1;
    else if (character === "]") brackets -= 1;
    else if (character === ":" && braces === 0 && brackets === 0) cuts.push(at);
  }
  const last = cuts.at(-1);
  const before = cuts.at(-2);
  const [container = "", protocol = "tcp"] = splitProtocol(text.slice(last === undefined ? 0 : last + 1));
  const hostFrom = before === undefined ? 0 : before + 1;
  return {
    address: before === undefined ? null : text.slice(0, before).replace(/^\[(.*)\]$/, "$1"),
    host: last === undefined ? null : text.slice(hostFrom, last),
    hostFrom,
    container,
    protocol: protocol.toLowerCase(),
  };
}

/** `/` inside of a variable's default does not begin the protocol. */
function splitProtocol(text: string): readonly string[] {
  const slash = text.lastIndexOf("/");
  return slash < 0 || text.indexOf("}", slash) >= 0 ? [text] : [text.slice(0, slash), text.slice(slash + 1)];
}

/** `8000-8002` or `8000` as numbers; null for anything else. */
export function readRange(text: string): readonly number[] | null {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim());
  if (!found) return null;
  const from = Number(found[1]);
  const to = Number(found[2] ?? found[1]);
  return to < from || to > 65535 ? null : Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Ports that follow each other as a range, one alone as a number; null when they do not follow each other. */
export function writeRange(ports: readonly number[]): string | null {
  const [first] = ports;
  if (first === undefined || ports.some((port, index) => port !== first + index)) return null;
  return ports.length === 1 ? String(first) : `${first}-${first + ports.length - 1}`;
}

/** The variable of a host part that is nothing but one variable, whose value would become the port when it is set. */
export function onlyVariable(text: string): string | null {
  const found = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(?::?[-?])[^${}]*)?\})$/.exec(text.trim());
  return found?.[1] ?? found?.[2] ?? null;
}
