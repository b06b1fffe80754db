import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, Kafka, Partitioners, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { type ClassifyClient, createClassifyClient } from './classify/client.ts'
import type { AdapterConfig } from './config.ts'
import { Assignments } from './consume/assignments.ts'
import { Committer } from './consume/committer.ts'
import { GroupMember } from './consume/group-member.ts'
import { GROUP_REQUESTS, generationIn } from './consume/group-requests.ts'
import { LagMonitor } from './consume/lag-monitor.ts'
import { OwnershipLease } from './consume/ownership-lease.ts'
import { ResultsTail } from './consume/results-tail.ts'
import { DecidedIds } from './decide/decided-ids.ts'
import { InquiryFlow } from './decide/inquiry-flow.ts'
import type { AdapterStatus, BreakerState, Membership, PartitionLag } from './health/status.ts'
import { TRY_ONCE, kafkaOptions } from './kafka/connection.ts'
import { ensureTopics } from './kafka/topics.ts'
import type { AdapterMetrics } from './metrics.ts'
import { fencedSockets, watchedSockets } from './produce/fenced-socket.ts'
import { MergedSends } from './produce/merged-sends.ts'

export interface AdapterOptions {
  readonly config: AdapterConfig
  readonly metrics: AdapterMetrics
  readonly log: Logger
  /** Kafka gave us up for good; the process had better start anew. */
  readonly onFailure: (error: Error) => void
}

/** Ids that are remembered beyond those in flight, for inquiries that an app sends twice. */
const REMEMBERED_IDS = 50_000
/** A produce request that gets no answer for so long is sent again, perhaps for the second time. */
const PRODUCE_TIMEOUT_MS = 10_000
const DRAIN_POLL_MS = 20

/**
 * The sidecar: reads inquiries, asks the API, and writes exactly one decision for each, in time, whatever breaks.
 * See docs/kafka.md for what it guarantees and docs/decisions/0006-one-decision.md for how.
 */
export class Adapter implements AdapterStatus {
  readonly #options: AdapterOptions
  readonly #lease: OwnershipLease
  readonly #admin: Admin
  readonly #producer: Producer
  readonly #sideProducer: Producer
  readonly #client: ClassifyClient
  readonly #flow: InquiryFlow
  readonly #member: GroupMember
  readonly #assignments: Assignments
  readonly #committer: Committer
  readonly #lagMonitor: LagMonitor
  #membership: Exclude<Membership, 'draining'> = 'joining'
  #isDraining = false

  constructor (options: AdapterOptions) {
    this.#options = options
    const { config, metrics, log } = options
    const kafkaConfig = kafkaOptions(config, log)
    const kafka = new Kafka({ ...kafkaConfig, socketFactory: watchedSockets(kafkaConfig.socketFactory!, (apiKey, { request }) => this.#onGroupRequest(apiKey, request)) })
    const produceOptions = kafkaOptions(config, log, { requestTimeoutMs: PRODUCE_TIMEOUT_MS, retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 500 } })
    let requestsSent = 0
    const producerKafka = new Kafka({ ...produceOptions, socketFactory: fencedSockets(produceOptions.socketFactory!, () => this.#lease.valid, () => { requestsSent++ }) })
    this.#admin = new Kafka(kafkaOptions(config, log, { retry: TRY_ONCE })).admin()
    // Retries are the writers' own: each attempt first asks whether the decision is still to be sent.
    const producer = () => producerKafka.producer({ idempotent: false, allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 0 } })
    this.#producer = producer()
    this.#sideProducer = producer()
    this.#client = createClassifyClient({
      url: config.CLASSIFY_URL,
      apiKey: config.CLASSIFY_API_KEY,
      attempts: config.CLASSIFY_ATTEMPTS,
      connections: config.CLASSIFY_CONCURRENCY,
      lateGraceMs: config.LATE_GRACE_MS,
      breaker: { errorPercent: config.BREAKER_ERROR_PERCENT, resetMs: config.BREAKER_RESET_MS },
      observe: attempt => metrics.attempted(attempt),
      onBreaker: state => log.warn({ state }, 'circuit breaker of the API'),
      onMisconfigured: answer => log.error(answer, 'the API does not answer as its contract says: see CLASSIFY_URL and CLASSIFY_API_KEY')
    })
    const decided = new DecidedIds(config.MAX_IN_FLIGHT + REMEMBERED_IDS, decision => this.#assignments.mayReplay(decision))
    this.#lease = new OwnershipLease({ sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS })
    this.#flow = new InquiryFlow({
      config,
      client: this.#client,
      producer: new MergedSends({ producer: this.#producer }),
      sideProducer: this.#sideProducer,
      decided,
      mayWrite: () => this.#lease.valid,
      requestsSent: () => requestsSent,
      settled: partition => this.#assignments.settled(partition),
      metrics,
      log
    })
    const names = { groupId: config.CONSUMER_GROUP, inquiryTopic: config.INQUIRY_TOPIC, resultTopic: config.RESULT_TOPIC }
    this.#member = new GroupMember({
      ...names,
      kafka,
      sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
      lease: this.#lease,
      owned: () => this.#assignments.partitions.map(({ number }) => number),
      onAssigned: (partitions, isContinuous) => {
        log.info({ partitions, isContinuous }, 'joined the group')
        this.#membership = 'member'
        this.#assignments.assign(partitions, isContinuous)
      },
      onConfirmed: () => {
        this.#membership = 'member'
        this.#flow.wake()
      },
      onRebalance: () => {
        this.#membership = 'rebalancing'
        this.#committer.commitSoon()
      },
      onInquiry: (partition, message, end) => this.#assignments.take(partition, message, end),
      onResult: (partition, message) => tail.onResult(message, partition),
      onResultsRead: (partition, nextOffset) => tail.onRead(partition, nextOffset),
      onCrash: error => {
        this.#membership = 'lost'
        options.onFailure(error)
      }
    })
    const tail = new ResultsTail({ ...names, admin: this.#admin, member: this.#member, decided, fallbackResults: REMEMBERED_IDS, duplicate: () => metrics.duplicateResult(), log })
    this.#assignments = new Assignments({ member: this.#member, flow: this.#flow, tail, inquiryTopic: config.INQUIRY_TOPIC, maxInFlight: config.MAX_IN_FLIGHT, commitSoon: () => this.#committer.commitSoon(), log })
    this.#committer = new Committer({ member: this.#member, partitions: () => this.#assignments.partitions, committed: partition => this.#assignments.committed(partition), intervalMs: config.COMMIT_INTERVAL_MS, log })
    this.#lagMonitor = new LagMonitor({
      admin: new Kafka(kafkaOptions(config, log, { retry: TRY_ONCE })).admin(),
      groupId: config.CONSUMER_GROUP,
      topic: config.INQUIRY_TOPIC,
      partitions: () => this.#assignments.partitions,
      log
    })
    metrics.watch(this)
  }

  get membership (): Membership {
    if (this.#isDraining) return 'draining'
    return this.#membership === 'member' && !this.#lease.valid ? 'lost' : this.#membership
  }

  get assignedPartitions (): number { return this.#assignments.partitions.length }
  get inFlight (): number { return this.#assignments.inFlight }
  get commitAgeMs (): number { return Math.max(this.#committer.ageMs, ...this.#assignments.partitions.map(({ ageMs }) => ageMs)) }
  get breaker (): BreakerState { return this.#client.breakerState }
  get lag (): PartitionLag[] {
    const topic = this.#options.config.INQUIRY_TOPIC
    return this.#assignments.partitions.flatMap(({ number, lag }) => lag === undefined ? [] : [{ topic, partition: number, records: lag }])
  }

  /**
   * Waits for the brokers and the topics, then joins the group.
   * @throws the signal's reason when it is aborted meanwhile
   */
  async start (signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options
    await ensureTopics({ admin: this.#admin, config, log, signal })
    await Promise.all([this.#producer.connect(), this.#sideProducer.connect()])
    signal.throwIfAborted()
    await this.#member.start(signal)
    this.#lagMonitor.start()
  }

  /**
   * Takes nothing more, waits within the limit for what is with the API or on its way to Kafka, commits, leaves the group
   * and closes everything. It does not wait for more: new inquiries lie unread until another one has the partitions, who
   * decides what is not decided by then.
   */
  async stop (): Promise<void> {
    const { config, log } = this.#options
    this.#isDraining = true
    this.#assignments.drain()
    this.#flow.drain()
    const limit = performance.now() + config.DRAIN_TIMEOUT_MS
    while (this.#flow.isBusy && performance.now() < limit) await sleep(DRAIN_POLL_MS)
    // Nothing may be written once the group is left: a successor has the partitions at once.
    this.#assignments.close()
    await Promise.all([this.#flow.close(), this.#client.close()])
    this.#lease.expire()
    this.#committer.close()
    await this.#committer.commit()
    if (this.inFlight > 0) log.info({ inFlight: this.inFlight }, 'inquiries are left to the next member')
    await this.#member.stop()
    await Promise.all([this.#producer.disconnect(), this.#sideProducer.disconnect(), this.#admin.disconnect(), this.#lagMonitor.close()])
  }

  /** The group goes on from the moment in which the coordinator has these, answered or not. */
  #onGroupRequest (apiKey: number, request: Buffer): true {
    if (apiKey === GROUP_REQUESTS.join) this.#lease.askToJoin()
    if (apiKey === GROUP_REQUESTS.leave) this.#lease.expire()
    if (apiKey === GROUP_REQUESTS.sync) this.#member.syncs(generationIn(request))
    return true
  }
}
