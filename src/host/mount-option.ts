/** A field of `--mount`, which Docker reads as a line of CSV. */
const field = (key: string, value: string): string => {
  const text = `${key}=${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The value of Docker's `--mount`. Paths may have anything in them. */
export const mountOption = (type: string, source: string, at: string, writable: boolean, ...more: readonly string[]): string =>
  [`type=${type}`, field("source", source), field("target", at), ...(writable ? [] : ["readonly"]), ...more].join(",");
