/** `1.4 GB`: decimal, as disks are sold and `df -H` counts. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `3 d 4 h`: the two largest units of a time span. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "min"],
    [seconds % 60, "s"],
  ] as const;
  const from = parts.findIndex(([count]) => count > 0);
  return (from < 0 ? [parts[3]] : parts.slice(from, from + 2)).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** How long ago something was; nobody wants the seconds of what was minutes ago. */
export const age = (ms: number): string => (ms >= 60_000 && ms < 3_600_000 ? `${Math.floor(ms / 60_000)} min` : span(ms));

/** `about 40 s`: nobody should take it for more exact than it is. */
export function about(seconds: number): string {
  const grain = seconds < 10 ? 1 : seconds < 120 ? 5 : seconds < 1200 ? 30 : 300;
  return `about ${span(Math.max(1, Math.round(seconds / grain)) * grain * 1000).replace(/ 0 (?:min|s)$/, "")}`;
}

/** `1 backup`, `2 backups`. */
export const several = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
