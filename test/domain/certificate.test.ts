import { expect, it } from "vitest";
import { certificateIn, certificatesIn } from "../../src/domain/certificate.ts";

const PEM = `-----BEGIN CERTIFICATE-----
MIIBLjCB1QIUcXF+4lkquGTx02yoC7x2K3rlCR8wCgYIKoZIzj0EAwIwGjEYMBYG
A1UEAwwPZXhwaXJlZC5leGFtcGxlMB4XDTI2MTEyMjIyMzI1OVoXDTI2MTEyMTIy
MzI1OVowGjEYMBYGA1UEAwwPZXhwaXJlZC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE328VowZ8h/2ZWFiHjXQZg4s5oYHDvrlTTmFSXQjsIQCF5XZL
6WrgwRcNutAXqp9KV55prMTBptjCFle/HcEy8TAKBggqhkjOPQQDAgNIADBFAiEA
s1yfpdlRzY4vORGJX8N/H8PahG2kbA4LoTKdKlYjM+4CIGznnboSc2NgRUqY8P/I
TMgI4H2OFLpk0I6Rd8Ybqv9s
-----END CERTIFICATE-----`;

it("a certificate says whose it is, who vouches for it, and until when", () => {
  const known = { subject: "CN=expired.example", issuer: "CN=expired.example", until: "2026-11-21T22:32:59.000Z" };
  expect(certificateIn(PEM)).toEqual(known);
  expect(certificateIn(Buffer.from(PEM.split("\n").slice(1, -1).join(""), "base64"))).toEqual(known);
});

it("a file has all of its certificates, and anything else has none", () => {
  expect(certificatesIn(`comment\n${PEM}\n${PEM}\n`)).toHaveLength(2);
  for (const text of [
    "",
    "no certificate",
    PEM.slice(0, 200),
    PEM.replace("MII", "AAA"),
    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
  ])
    expect(certificatesIn(text)).toEqual([]);
});
