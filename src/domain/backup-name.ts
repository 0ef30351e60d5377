/** `17-v2.22.2-20261120T101500Z.tar`, or `.tar.age` where it is encrypted. */
export const backupName = (sequence: number, instance: string, createdAt: string, isEncrypted: boolean): string =>
  `${sequence}-${instance}-${createdAt.replaceAll(/[-:]|\.\d+/g, "")}.tar${isEncrypted ? ".age" : ""}`;

/** The number in a backup's name; null for what is not called like one. */
export function sequenceIn(name: string): number | null {
  const digits = /^(\d{1,9})-v[0-9][A-Za-z0-9.+-]*-\d{8}T\d{6}Z\.tar(\.age)?$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
