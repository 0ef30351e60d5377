import { PassThrough } from "node:stream";

/** What a question reads from, and only while it is asked. */
export interface QuestionInput {
  readonly stream: NodeJS.ReadableStream;
  open(): void;
  close(): void;
}

/**
 * Stands between the terminal and the questions. Readline throws, out of everybody's reach, when its input reports an
 * error, and a terminal that goes away reports some: here it comes to its end instead.
 */
export function questionInput(terminal: NodeJS.ReadableStream): QuestionInput {
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
    open() {
      terminal.pipe(stream);
    },
    close() {
      terminal.unpipe(stream);
      // A terminal that is read from keeps the process alive.
      terminal.pause();
    },
  };
}
