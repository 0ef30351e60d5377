/** A last line that is written over, above which other lines appear. */
export interface InPlace {
  /** Shows this as the last line; empty takes it away. */
  readonly show: (text: string) => void;
  /** A line that stays. */
  readonly note: (text: string) => void;
}

/** @param write to the terminal */
export function inPlace(write: (text: string) => void): InPlace {
  let shown = "";
  return {
    show(text) {
      if (text === shown) return;
      // One write, and the rest of the line is erased after the new text stands there: nothing flickers.
      write(text === "" ? "\r\u001b[K" : `\r${text}\u001b[K`);
      shown = text;
    },
    note(text) {
      write(`${shown === "" ? "" : "\r\u001b[K"}${text}\n`);
      shown = "";
    },
  };
}
