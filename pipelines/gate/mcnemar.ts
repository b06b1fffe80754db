/**
 * McNemar's test, exact: how likely two equally good models differ at least as unevenly on the items where only one of
 * them is right (two-sided binomial test with probability one half; Fagerland, Lydersen, Laake 2013). Exact at
 * any number of items, so no approximation with its correction is needed.
 * @param onlyFirst items that only the first got right
 * @param onlySecond items that only the second got right
 * @returns the p value; 1 where they never differ
 */
export function mcnemar (onlyFirst: number, onlySecond: number): number {
  const discordant = onlyFirst + onlySecond
  let logTerm = -discordant * Math.LN2 // of the probability that k of them fall to one side, k = 0
  let tail = Math.exp(logTerm)
  for (let k = 1; k <= Math.min(onlyFirst, onlySecond); k++) {
    logTerm += Math.log((discordant - k + 1) / k)
    tail += Math.exp(logTerm)
  }
  return Math.min(1, 2 * tail)
}
