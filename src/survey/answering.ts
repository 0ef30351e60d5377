/**
 * A part of the world of which some methods answer otherwise. Not `{ ...part }`: most parts are made by their first call, and have nothing to copy before.
 */
export function answering<T extends object>(part: T, otherwise: Partial<T>): T {
  const over: T = Object.create(part);
  return Object.assign(over, otherwise);
}
