import { hash } from "node:crypto";

/** What a file is recognised by; `absent` for one that is not there, because that somebody puts it there is an edit too. */
export const textDigest = (text: string | null): string => (text === null ? "absent" : hash("sha256", text));
