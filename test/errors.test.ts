import { expect, it } from "vitest";
import { systemError } from "../src/errors.ts";

const fault = (more: object) =>
  Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), { code: "ENOENT", ...more });

it("an error of the operating system is one for the operator, and a bug stays one", () => {
  expect(systemError(fault({ syscall: "uv_cwd" }))).toMatchObject({
    code: "NO_FOLDER",
    message: "The folder that this was started in is gone.",
    exit: 2,
  });
  expect(systemError(fault({ syscall: "open" }))).toBeNull();
  expect(systemError(fault({ code: "ENOSPC", path: "/x" }))).toMatchObject({
    code: "DISK_FULL",
    message: "The disk is full: /x.",
  });
  expect(systemError(new Error("x"))).toBeNull();
});
