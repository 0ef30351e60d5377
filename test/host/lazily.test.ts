import { expect, it } from "vitest";
import { lazily } from "../../src/host/lazily.ts";

interface Counter {
  next(by: number): Promise<number>;
  fail(): Promise<never>;
}

it("is made once, by the first call, and answers as the object itself", async () => {
  let made = 0;
  const counter = lazily<Counter>(async () => {
    made += 1;
    let count = 0;
    return {
      async next(by) {
        count += by;
        return count;
      },
      fail: () => Promise.reject(new RangeError("no more")),
    };
  });
  expect(made).toBe(0);
  expect(await Promise.all([counter.next(2), counter.next(3)])).toEqual([2, 5]);
  await expect(counter.fail()).rejects.toThrow("no more");
  expect(made).toBe(1);
});

it("is no promise, wherever it is passed on", async () => {
  const passed = await Promise.resolve(lazily<Counter>(() => Promise.reject(new Error("cannot be made"))));
  await expect(passed.next(1)).rejects.toThrow("cannot be made");
});

it("cannot be taken apart, which would lose its methods in silence", () => {
  const counter = lazily<Counter>(() => Promise.reject(new Error("cannot be made")));
  expect(() => ({ ...counter })).toThrow("taken apart");
});
