import { PassThrough } from "node:stream";

/**
 * Stands between the terminal and the questions. Readline throws, out of everybody's reach, when its input reports an
 * error, and a terminal that goes away reports some: here it comes to its end instead.
 */
export function questionInput(terminal: NodeJS.ReadableStream) {
  const { setRawMode } = terminal as { readonly setRawMode?: (isRaw: boolean) => unknown };
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(isRaw: boolean) {
      setRawMode?.call(terminal, isRaw);
      return stream;
    },
  });
  terminal.on("error", () => stream.end());
  return {
    stream,
    open(): void {
      terminal.pipe(stream);
    },
    close(): void {
      terminal.unpipe(stream);
      // A terminal that is read from keeps the process alive.
      terminal.pause();
    },
  };
}
