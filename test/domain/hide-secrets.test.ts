import { expect, it } from "vitest";
import { hideSecrets } from "../../src/domain/hide-secrets.ts";

it("hides what the container's environment calls a secret, wherever it stands, the longest first", () => {
  const environment = ["DJANGO_SECRET_KEY=tulip=bulbs", "POSTGRES_PASSWORD=tulip", "EMPTY_PASSWORD=", "COLOUR=magenta", "ODD"];
  expect(hideSecrets("tulip=bulbs, atulipb and magenta", environment)).toBe("[hidden], a[hidden]b and magenta");
});

it("leaves words alone that are no secrets", () => {
  expect(hideSecrets("the key of 1234 is on", ["API_KEY=on", "PIN_TOKEN=1234"])).toBe("the key of 1234 is on");
});

it("hides a secret of several lines where only one of them is said", () => {
  expect(hideSecrets("at MIIEvQIBADANBg", ["TLS_KEY=-----BEGIN-----\nMIIEvQIBADANBg\n"])).toBe("at [hidden]");
});

it("hides the password of an address, whatever its key is called", () => {
  expect(
    hideSecrets("cannot reach postgres://app:s3cr3t%21@db:5432/app", ["DATABASE_URL=postgres://app:s3cr3t%21@db:5432/app"]),
  ).toBe("cannot reach postgres://app:[hidden]@db:5432/app");
  expect(hideSecrets("see http://host:80/a@b", [])).toBe("see http://host:80/a@b");
});
