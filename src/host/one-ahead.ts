/** A stream, and what is done with it. */
interface Turn<Piece> {
  readonly open: () => AsyncIterable<Piece>;
  readonly use: (source: AsyncIterable<Piece>) => Promise<void>;
}

/** One after the other; each is begun while the one before it is in use, because what it comes from takes its time to start. */
export async function oneAhead<Piece>(turns: readonly Turn<Piece>[]): Promise<void> {
  const rest = [...turns];
  const begin = () => {
    const turn = rest.shift();
    return turn === undefined ? null : { turn, source: begun(turn.open()) };
  };
  let next = begin();
  while (next !== null) {
    const { turn, source } = next;
    next = begin();
    try {
      await turn.use(source.pieces());
    } catch (error) {
      // Its end is nobody's trouble any more.
      await next?.source.close().catch(() => undefined);
      throw error;
    }
  }
}

function begun<Piece>(source: AsyncIterable<Piece>) {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  // Whoever reads it hears of it.
  first.catch(() => undefined);
  const close = async (): Promise<void> => {
    await first;
    await iterator.return?.();
  };
  return {
    close,
    async *pieces(): AsyncGenerator<Piece> {
      try {
        for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
      } finally {
        await iterator.return?.();
      }
    },
  };
}
