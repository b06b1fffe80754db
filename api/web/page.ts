import type { Categories, Classification, Model } from '../../openapi/index.ts'
import { type Failure, type Reply, ServiceClient } from './service-client.ts'
import { type Language, TEXTS, type Texts } from './texts.ts'
import { viewOf } from './views.ts'

/** The page at `/`: an inquiry in, the decision out, by the public API and nothing else. */
const KEY_ENTRY = 'inquiry-matching.api-key'

const form = find('form', HTMLFormElement)
const text = find('text', HTMLTextAreaElement)
const keyField = find('key-field', HTMLElement)
const key = find('key', HTMLInputElement)
const result = find('result', HTMLElement)

const service = new ServiceClient()
service.apiKey = recallKey()
let language: Language = navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
let categories: Categories | undefined
let model: Model | undefined
let reply: Reply<Classification> | undefined
let learning: Promise<void> | undefined
let running: AbortController | undefined

form.addEventListener('submit', event => { event.preventDefault(); submit() })
text.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})
for (const example of document.querySelectorAll<HTMLButtonElement>('#examples button')) {
  example.addEventListener('click', () => {
    text.value = example.textContent
    form.requestSubmit()
  })
}
for (const choice of ['de', 'en'] as const) {
  find(`language-${choice}`, HTMLButtonElement).addEventListener('click', () => { language = choice; showTexts(); showReply() })
}
showTexts()
showReply()
learn()

/** Asks for the decision on what is typed. A newer inquiry takes the place of one that is not answered yet. */
async function submit (): Promise<void> {
  running?.abort()
  running = new AbortController()
  const { signal } = running
  if (!keyField.hidden) rememberKey(key.value.trim())
  result.ariaBusy = 'true'
  const [latest] = await Promise.all([service.classify(text.value, signal), learn()])
  if (signal.aborted) return
  result.ariaBusy = 'false'
  reply = latest
  showReply()
  markFields()
  result.scrollIntoView({ block: 'nearest' })
}

/** Has the names of the categories and what is known of the model fetched, until they are there. */
function learn (): Promise<void> {
  learning ??= fetchFacts().finally(() => { learning = undefined })
  return learning
}

async function fetchFacts (): Promise<void> {
  [categories, model] = await Promise.all([categories ?? answerOf(service.categories()), model ?? answerOf(service.model())])
  showTexts()
}

async function answerOf<Body> (asking: Promise<Reply<Body>>): Promise<Body | undefined> {
  const answer = await asking
  if (answer.kind === 'answer') return answer.body
  if (lacksKey(answer)) keyField.hidden = false
  return undefined
}

function showTexts (): void {
  const texts = TEXTS[language]
  document.documentElement.lang = language
  document.title = texts.title
  for (const node of document.querySelectorAll<HTMLElement>('[data-text]')) node.textContent = textOf(texts, node.dataset.text)
  for (const node of document.querySelectorAll<HTMLElement>('[data-label]')) node.ariaLabel = textOf(texts, node.dataset.label)
  for (const choice of ['de', 'en'] as const) find(`language-${choice}`, HTMLButtonElement).ariaPressed = String(choice === language)
  if (!model) return
  const created = new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(model.createdAt))
  find('model', HTMLElement).textContent = texts.modelOf(`${model.name} ${model.version}`, created)
}

function textOf (texts: Texts, name: string | undefined): string {
  const value = texts[name as keyof Texts]
  if (typeof value !== 'string') throw new Error(`The page has no text "${name}"`)
  return value
}

function showReply (): void {
  const { tone, summary, details } = viewOf(reply, { language, categories: categories?.categories ?? [], maxTokens: model?.input.maxTokens })
  result.dataset.tone = tone
  find('summary', HTMLElement).replaceChildren(...summary)
  find('details', HTMLElement).replaceChildren(...details)
}

/** Leads to the field that stands in the way of a decision. */
function markFields (): void {
  const problem = reply?.kind === 'problem' ? reply.problem : undefined
  const wrongText = problem?.errors?.some(({ path }) => path === '/body/text') ?? false
  const wrongKey = reply !== undefined && lacksKey(reply)
  mark(text, wrongText)
  if (wrongKey) {
    rememberKey('')
    keyField.hidden = false
  }
  mark(key, wrongKey)
}

function mark (field: HTMLElement, wrong: boolean): void {
  field.ariaInvalid = String(wrong)
  if (wrong) field.focus()
}

function lacksKey (answer: Reply<unknown> | Failure): boolean {
  return answer.kind === 'problem' && answer.problem.code === 'ERR_UNAUTHENTICATED'
}

/** The key lives as long as the tab; where the browser forbids storage, as long as the page. */
function rememberKey (apiKey: string): void {
  service.apiKey = apiKey
  try {
    if (apiKey) sessionStorage.setItem(KEY_ENTRY, apiKey)
    else sessionStorage.removeItem(KEY_ENTRY)
  } catch {}
}

function recallKey (): string {
  try {
    return sessionStorage.getItem(KEY_ENTRY) ?? ''
  } catch {
    return ''
  }
}

function find<Kind extends HTMLElement> (id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} "${id}"`)
  return found
}
