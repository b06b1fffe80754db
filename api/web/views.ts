import type { Categories, Classification } from '../../openapi/index.ts'
import type { Failure, Reply, Timing } from './service-client.ts'
import { type Language, TEXTS } from './texts.ts'

export interface ViewContext {
  readonly language: Language
  /** None while they are not known; then ids are shown. */
  readonly categories: Categories['categories']
  /** How much of an inquiry the model reads, where known. */
  readonly maxTokens: number | undefined
}

/** What the result region shows: the summary is read out to those who cannot see it, the details are not. */
export interface View {
  readonly tone: 'empty' | 'classified' | 'manual' | 'failure'
  readonly summary: Node[]
  readonly details: Node[]
}

const LEAST_SHARE = 0.001

export function viewOf (reply: Reply<Classification> | undefined, context: ViewContext): View {
  if (!reply) return { tone: 'empty', summary: [element('p', {}, TEXTS[context.language].nothingYet)], details: [] }
  if (reply.kind === 'answer') return decisionView(reply.body, reply.timing, context)
  return failureView(reply, context)
}

function decisionView (answer: Classification, timing: Timing, { language, categories, maxTokens }: ViewContext): View {
  const texts = TEXTS[language]
  const { category, confidence, reason, alternatives, model, tokens, truncated } = answer
  const nameOf = (id: string) => categories.find(known => known.id === id)?.names[language] ?? id
  const percentage = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1, roundingMode: 'floor' })
  // Neither certain nor impossible: nothing is rounded up to 100 % or down to 0 %.
  const percent = (share: number) => share < LEAST_SHARE ? `< ${percentage.format(LEAST_SHARE)}` : percentage.format(share)
  const count = new Intl.NumberFormat(language)
  const duration = new Intl.NumberFormat(language, { style: 'unit', unit: 'millisecond', maximumSignificantDigits: 3 })

  const others = alternatives.filter(alternative => alternative.category !== category)
  const bars = others.map(alternative => element('li', {},
    element('span', {}, nameOf(alternative.category)), element('span', { class: 'share' }, percent(alternative.confidence)), bar(alternative.confidence)))
  const details = [
    element('h3', {}, category === null ? texts.hints : texts.alternatives),
    element('ol', { class: 'alternatives' }, ...bars),
    facts([
      [texts.model, `${model.name} ${model.version}`],
      [texts.tokens, maxTokens === undefined ? count.format(tokens) : texts.tokensOf(count.format(tokens), count.format(maxTokens))],
      [texts.truncated, truncated ? texts.truncatedYes : texts.truncatedNo],
      ...(timing.total !== undefined ? [[texts.time, timeOf(timing.total, timing.model)] as const] : [])
    ])
  ]

  if (category === null) {
    const why = element('p', {}, (reason && texts.reasons[reason]) ?? '', ' ', element('code', {}, reason ?? ''))
    return { tone: 'manual', summary: [element('p', { class: 'headline' }, texts.manual), why], details }
  }
  const summary = [
    element('p', { class: 'kicker' }, texts.classified),
    element('p', { class: 'headline' }, nameOf(category)),
    element('p', { class: 'confidence' }, element('span', {}, texts.confidence, ' '), element('strong', { class: 'share' }, percent(confidence)), bar(confidence))
  ]
  return { tone: 'classified', summary, details }

  function timeOf (totalMs: number, modelMs: number | undefined): string {
    return modelMs === undefined ? duration.format(totalMs) : texts.timeOf(duration.format(totalMs), duration.format(modelMs))
  }
}

function failureView (failure: Failure, { language }: ViewContext): View {
  const texts = TEXTS[language]
  const say = (...lines: string[]) => [element('p', { class: 'headline' }, texts.failure), ...lines.map(line => element('p', {}, line))]
  if (failure.kind === 'unreachable') return { tone: 'failure', summary: say(texts.unreachable), details: [] }
  if (failure.kind === 'unreadable') {
    return { tone: 'failure', summary: say(texts.unreadable), details: [facts([[texts.status, String(failure.status)]])] }
  }
  const { problem, retryAfterSeconds } = failure
  const retry = retryAfterSeconds === undefined ? [] : [texts.retryIn(retryAfterSeconds)]
  const said = [problem.detail, ...(problem.errors ?? []).map(({ path, message }) => `${path} ${message}`)].filter(line => line !== undefined)
  const details = facts([
    [texts.code, element('a', { href: problem.type }, problem.code)],
    [texts.status, String(problem.status)],
    ...(problem.requestId ? [[texts.requestId, problem.requestId] as const] : []),
    ...(said.length ? [[texts.said, said.join('; ')] as const] : [])
  ])
  return { tone: 'failure', summary: say(texts.problems[problem.code] ?? problem.title, ...retry), details: [details] }
}

function facts (entries: ReadonlyArray<readonly [name: string, value: string | Node]>): Node {
  return element('dl', {}, ...entries.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))
}

/** For the eye only: the share stands beside it as text. */
function bar (share: number): Node {
  const fill = element('span')
  fill.style.inlineSize = `${share * 100}%` // a style set by script, as the content security policy forbids one in the markup
  return element('span', { class: 'bar', 'aria-hidden': 'true' }, fill)
}

function element<Tag extends keyof HTMLElementTagNameMap> (tag: Tag, attributes: Record<string, string> = {}, ...children: Array<Node | string>): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}
