/** snappyjs declares no types. */
declare module 'snappyjs' {
  export function compress (data: Buffer): Buffer
  export function uncompress (data: Buffer): Buffer
}
