import t from 'tap'
import type { AdapterStatus, PartitionLag } from '../../adapter/health/status.ts'
import { createAdapterMetrics } from '../../adapter/metrics.ts'

type Metrics = ReturnType<typeof createAdapterMetrics>

/** The samples of a name, in the text format. */
async function samples (metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.registry.metrics()).split('\n').filter(line => line.startsWith(name) && !line.startsWith('#'))
}

t.test('decisions are counted by reason and timed', async t => {
  const metrics = createAdapterMetrics()
  metrics.decided({ decision: 'classified', reason: null, slackSeconds: 9.7, seconds: 0.3 })
  metrics.decided({ decision: 'manual', reason: 'timeout', slackSeconds: -0.03, seconds: 10.03 })
  t.same(await samples(metrics, 'inquiry_decisions_total'), ['inquiry_decisions_total{decision="classified",reason="none"} 1', 'inquiry_decisions_total{decision="manual",reason="timeout"} 1'])
  const slack = await samples(metrics, 'inquiry_deadline_slack_seconds')
  t.ok(slack.includes('inquiry_deadline_slack_seconds_bucket{le="-0.05"} 0'))
  t.ok(slack.includes('inquiry_deadline_slack_seconds_bucket{le="0"} 1'), 'one was late')
  t.ok(slack.includes('inquiry_deadline_slack_seconds_count 2'))
  t.ok((await samples(metrics, 'inquiry_decision_seconds')).includes('inquiry_decision_seconds_sum 10.33'))
})

t.test('what else happens is counted', async t => {
  const metrics = createAdapterMetrics()
  metrics.lateAnswer()
  metrics.deadLetter('ERR_INVALID_JSON')
  metrics.repeated('duplicate')
  metrics.duplicateResult()
  metrics.repeated('replay')
  metrics.repeated('replay')
  metrics.attempted({ outcome: 'ok', seconds: 0.02 })
  metrics.produceFailed('inquiry-classes')
  const text = await metrics.registry.metrics()
  for (const sample of [
    'inquiry_late_answers_total 1', 'inquiry_dead_letters_total{code="ERR_INVALID_JSON"} 1', 'inquiry_duplicate_inquiries_total 1', 'inquiry_replayed_total 2', 'inquiry_duplicate_results_total 1',
    'inquiry_classify_attempts_total{outcome="ok"} 1', 'inquiry_classify_duration_seconds_count 1', 'inquiry_produce_failures_total{topic="inquiry-classes"} 1', 'process_cpu_seconds_total'
  ]) t.match(text, sample)
})

t.test('the state is looked at when it is asked for', async t => {
  const metrics = createAdapterMetrics()
  let lag: PartitionLag[] = [{ topic: 'inquiries', partition: 0, records: 4 }, { topic: 'inquiries', partition: 1, records: 0 }]
  const status: AdapterStatus = { membership: 'member', assignedPartitions: 2, commitAgeMs: 1_500, inFlight: 12, breaker: 'half_open', get lag () { return lag } }
  metrics.watch(status)
  const state = async () => (await Promise.all(['inquiry_in_flight', 'inquiry_commit_age_seconds', 'inquiry_assigned_partitions', 'inquiry_breaker_state', 'inquiry_kafka_consumer_lag'].map(async name => await samples(metrics, name)))).flat()
  t.same(await state(), [
    'inquiry_in_flight 12', 'inquiry_commit_age_seconds 1.5', 'inquiry_assigned_partitions 2', 'inquiry_breaker_state 0.5',
    'inquiry_kafka_consumer_lag{topic="inquiries",partition="0"} 4', 'inquiry_kafka_consumer_lag{topic="inquiries",partition="1"} 0'
  ])
  lag = [{ topic: 'inquiries', partition: 1, records: 2 }]
  t.same(await samples(metrics, 'inquiry_kafka_consumer_lag'), ['inquiry_kafka_consumer_lag{topic="inquiries",partition="1"} 2'], 'a partition that was given away is forgotten')
})
