/** Makes of a command one that ends with this process, however that ends; only Linux can do this. */
export function tiedToParent (command: readonly [string, ...string[]]): [command: string, args: string[]] {
  const [first, ...rest] = command
  return process.platform === 'linux' ? ['setpriv', ['--pdeathsig', 'KILL', first, ...rest]] : [first, rest]
}
