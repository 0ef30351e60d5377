/**
 * The same bytes in blocks of `size`, the last one shorter.
 * @param memory where the next block is put; with one and the same, each is valid until the next one is asked for, and what is held stays small
 */
export async function* inBlocks(
  source: AsyncIterable<Buffer>,
  size: number,
  memory: () => Buffer = () => Buffer.allocUnsafeSlow(size),
): AsyncGenerator<Buffer> {
  let block = memory();
  let bytes = 0;
  for await (const piece of source) {
    for (let rest = piece; rest.length > 0; ) {
      const taken = rest.copy(block, bytes);
      bytes += taken;
      rest = rest.subarray(taken);
      if (bytes < size) continue;
      yield block;
      block = memory();
      bytes = 0;
    }
  }
  if (bytes > 0) yield block.subarray(0, bytes);
}
