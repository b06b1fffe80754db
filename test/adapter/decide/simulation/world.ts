import type { KafkaMessage, ProducerRecord } from 'kafkajs'
import type { ClassifyOutcome } from '../../../../adapter/classify/types.ts'
import type { DecisionMessage } from '../../../../openapi/index.ts'
import { classification, failures, inquiryRecord } from '../../fakes.ts'
import { type Random, randomOf } from '../../random.ts'
import type { VirtualClock } from '../../virtual-clock.ts'
import type { Member } from './member.ts'

export const INQUIRIES = 'inquiries'
export const RESULTS = 'results'
export const DEAD = 'dead'
const CATEGORIES = ['delivery', 'returns', 'tools', 'garden', 'paint', 'kitchen', 'lighting', 'heating']

interface Sent { readonly message: KafkaMessage, readonly id: string | undefined, readonly isPoison: boolean }
export interface Stored { readonly message: KafkaMessage, readonly decision: DecisionMessage }

/** A cluster with the topics, its group and an API, all of which fail at random; members of the group come, go and stop. */
export class World {
  readonly random: Random
  readonly clock: VirtualClock
  readonly partitions: number
  readonly resultPartitions: number
  readonly timeoutMs: number
  readonly inquiries: Sent[][]
  readonly results: Stored[][]
  readonly firstResult: number
  readonly deadLetters = new Set<string>()
  readonly committed = new Map<number, { offset: number, metadata: string }>()
  members: Member[] = []
  generation = 0
  isCalm = false
  #outageUntil = 0
  #ids = 0
  /** What happened, for a seed that fails. */
  readonly story: string[] = []

  constructor (seed: number, clock: VirtualClock) {
    this.random = randomOf(seed)
    this.clock = clock
    const { random } = this
    this.partitions = random.between(1, 4)
    this.resultPartitions = random.between(1, this.partitions)
    this.timeoutMs = random.of([300, 1_500, 6_000])
    this.inquiries = Array.from({ length: this.partitions }, () => [])
    this.results = Array.from({ length: this.resultPartitions }, () => [])
    this.firstResult = random.of([0, 1_000])
  }

  tell (event: string): void { this.story.push(`${this.clock.now % 1e6} ${event}`) }

  /** Sends the next record: mostly new inquiries, some twice, some that cannot be read. */
  send (partition = this.random.between(0, this.partitions - 1)): void {
    const { random } = this
    const log = this.inquiries[partition]!
    const offset = Number(log.at(-1)?.message.offset ?? random.between(0, 50)) + (random.chance(0.1) ? random.between(2, 9) : 1)
    const before = log.filter(({ id, isPoison }) => id !== undefined && !isPoison)
    const isRepetition = before.length > 0 && random.chance(0.08)
    const id = isRepetition ? random.of(before.slice(-8)).id! : `i${this.#ids++}`
    const isPoison = !isRepetition && random.chance(0.1)
    const value = isPoison ? random.of(['{', `{"id":"${id}"}`, '']) : JSON.stringify({ id, text: 'Wo ist mein Paket?' })
    const key = random.chance(0.2) ? `customer ${random.between(0, 2)}` : id
    const named = !isPoison || value.includes(id) || key === id
    log.push({ message: inquiryRecord({ offset, id, key, value, timestamp: this.clock.now - random.of([0, 0, 50, 20_000]) }), id: named ? id : undefined, isPoison })
  }

  beginOutage (ms: number): void {
    this.tell(`outage of ${ms}`)
    this.#outageUntil = this.clock.now + ms
  }

  get isOut (): boolean { return !this.isCalm && this.clock.now < this.#outageUntil }

  /** Members hear of the rebalance, and a moment later of what they have. */
  rebalance (): void {
    const { random } = this
    this.members = this.members.filter(({ isAlive }) => isAlive)
    const present = this.members.filter(({ isFrozen }) => !isFrozen)
    const generation = ++this.generation
    for (const member of present) {
      if (random.chance(0.7)) member.committer.commitSoon()
      member.mayWrite = false
    }
    const shares = new Map(present.map(member => [member, [] as number[]]))
    for (let partition = 0; partition < this.partitions; partition++) {
      const owner = present.find(member => member.assignments.partitions.some(({ number }) => number === partition))
      shares.get(owner && random.chance(0.6) ? owner : random.of(present))?.push(partition)
    }
    for (const [member, share] of shares) {
      setTimeout(() => {
        if (this.generation !== generation || member.isFrozen || !member.isAlive) return
        this.tell(`${member.name} has ${share}`)
        member.join(generation, share)
      }, random.between(1, 30))
    }
  }

  produce (member: Member, { topic, messages }: ProducerRecord): Promise<Array<{ topicName: string, partition: number, errorCode: number, baseOffset: string }>> {
    const { random } = this
    return new Promise((resolve, reject) => {
      const answer = (outcome: () => void, ms = random.between(1, 40)) => setTimeout(() => { if (member.isAlive) outcome() }, ms)
      if (!member.isAlive) return
      if (!member.mayWrite) return answer(() => reject(failures.closed()))
      if (this.isOut) return answer(() => reject(failures.closedAndUnreachable()))
      member.requests++
      const fate = this.isCalm ? 1 : random.next()
      setTimeout(() => {
        if (fate < 0.06) return answer(() => reject(failures.refused()))
        if (fate < 0.12) return answer(() => reject(random.of([failures.closed, failures.closedAndUnreachable])()))
        const partition = messages[0]!.partition ?? 0
        const baseOffset = topic === RESULTS ? this.#append(partition, messages) : 0
        if (topic === DEAD) for (const { headers } of messages) this.deadLetters.add(`${headers!['source-partition']}:${headers!['source-offset']}`)
        if (topic === RESULTS) this.tell(`${member.name} wrote ${partition}:${baseOffset} ${messages.map(({ value }) => { const { id, category, reason } = JSON.parse(String(value)); return `${id}=${category ?? reason}` })}${fate < 0.22 ? ' unacknowledged' : ''}`)
        if (fate < 0.22) return answer(() => reject(random.of([failures.closed, failures.timedOut, failures.closedAndUnreachable, () => failures.protocol('NOT_LEADER_FOR_PARTITION')])()), random.of([10, 500]))
        answer(() => resolve([{ topicName: topic, partition, errorCode: 0, baseOffset: String(baseOffset) }]))
      }, random.between(1, 40))
    })
  }

  commit (member: Member, offsets: Array<{ partition: number, offset: number, metadata: string }>): Promise<void> {
    const { random } = this
    return new Promise((resolve, reject) => {
      if (!member.isAlive) return
      setTimeout(() => {
        if (this.isOut || member.isFrozen || member.generation !== this.generation || (!this.isCalm && random.chance(0.1))) return reject(failures.closed())
        for (const { partition, offset, metadata } of offsets) {
          this.tell(`${member.name} commits ${partition}:${offset} ${metadata}`)
          this.committed.set(partition, { offset, metadata })
        }
        setTimeout(resolve, random.between(1, 20))
      }, random.between(1, 20))
    })
  }

  /** Whether everything that was sent is committed. */
  get isDone (): boolean {
    return this.inquiries.every((log, partition) => log.length === 0 || (this.committed.get(partition)?.offset ?? -1) === Number(log.at(-1)!.message.offset) + 1)
  }

  classify (deadline: number): Promise<ClassifyOutcome> {
    const { random } = this
    const outcome: ClassifyOutcome = random.chance(0.1)
      ? { kind: 'manual', reason: 'api_unavailable' }
      : random.chance(0.05) ? { kind: 'refused', code: 'ERR_INVALID' } : { kind: 'answer', answer: classification('x', random.of(CATEGORIES)) }
    const ms = random.of([2, 20, 100, 1_000, 60_000])
    const left = Math.max(0, deadline - this.clock.now)
    return new Promise(resolve => setTimeout(() => resolve(ms < left ? outcome : { kind: 'manual', reason: 'timeout' }), Math.min(ms, left)))
  }

  #append (partition: number, messages: ProducerRecord['messages']): number {
    const log = this.results[partition]!
    const base = this.firstResult + log.length
    for (const { key, value, headers } of messages) {
      const offset = String(this.firstResult + log.length)
      const message: KafkaMessage = { offset, key: key as Buffer | null, value: Buffer.from(value as string), timestamp: '0', attributes: 0, headers: headers ?? {} }
      log.push({ message, decision: JSON.parse(value as string) as DecisionMessage })
    }
    return base
  }
}
