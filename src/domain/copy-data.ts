/** How the database and files of a copy come about. */
export const COPY_DATA = ["none", "dump", "copy"] as const;
export type CopyData = (typeof COPY_DATA)[number];
