const BAR_WIDTH = 30

/**
 * Shows how far long work is, on standard error: a bar on a terminal, a line each tenth elsewhere.
 * @param expected total where the caller does not give one with each step
 */
export function showProgress (title: string, expected = 0): (done: number, total?: number) => void {
  let lastTenth = -1
  return (done, total = expected) => {
    const share = Math.min(1, done / Math.max(1, expected || total))
    if (process.stderr.isTTY) {
      const filled = Math.round(share * BAR_WIDTH)
      process.stderr.write(`\r${title} ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${expected || total}${share === 1 ? '\n' : ''}`)
      return
    }
    const tenth = Math.floor(share * 10)
    if (tenth !== lastTenth) process.stderr.write(`${title} ${done}/${expected || total}\n`)
    lastTenth = tenth
  }
}
