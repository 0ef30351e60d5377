/** What can wait: every method answers later anyway. */
export type Asynchronous<T> = { readonly [Name in keyof T]: (...given: never[]) => Promise<unknown> };

/**
 * An object that is made, and whose code is read, when the first of its methods is called: most commands need few of those that there are, and to read
 * all of them takes longer than what a short one does.
 */
export function lazily<T extends Asynchronous<T>>(make: () => Promise<T>): T {
  let made: Promise<T> | null = null;
  const later =
    (name: PropertyKey) =>
    async (...given: readonly unknown[]): Promise<unknown> => {
      made ??= make();
      const object = await made;
      const method: unknown = Reflect.get(object, name);
      if (typeof method !== "function") throw new TypeError(`no method ${String(name)}`);
      return await Reflect.apply(method, object, given);
    };
  return new Proxy({} as T, {
    // Nobody may take it for a promise.
    get: (_, name) => (name === "then" ? undefined : later(name)),
    // `{ ...object }` would have none of its methods, and nobody would notice until one is called.
    ownKeys: () => {
      throw new TypeError("what is not made yet cannot be taken apart");
    },
  });
}
