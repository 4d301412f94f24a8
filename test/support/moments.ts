/**
 * The moments at which a test kills something: a third of them in a run of all tests, spread over
 * the whole, and every one with `npm run test:kills`.
 */
export function momentsToTry<T>(moments: readonly T[]): readonly T[] {
  if (process.env['TEST_EVERY_MOMENT'] === '1') return moments;
  return moments.filter((_, index) => index % 3 === 1);
}
