import type { ErrorCode, ManualReason } from '../../openapi/index.ts'

export type Language = 'de' | 'en'

/** What the page says in one language. The plain strings are those that `index.html` names by `data-text` and `data-label`. */
export interface Texts {
  readonly title: string
  readonly language: string
  readonly intro: string
  readonly text: string
  readonly key: string
  readonly keyHint: string
  readonly submit: string
  readonly shortcut: string
  readonly examples: string
  readonly result: string
  readonly more: string
  readonly documentation: string
  readonly errorCodes: string

  readonly nothingYet: string
  readonly classified: string
  readonly manual: string
  /** Why a person has to read it; the reasons that the service gives. */
  readonly reasons: Partial<Record<ManualReason, string>>
  readonly confidence: string
  readonly alternatives: string
  readonly hints: string
  readonly model: string
  readonly tokens: string
  readonly tokensOf: (tokens: string, maxTokens: string) => string
  readonly truncated: string
  readonly truncatedYes: string
  readonly truncatedNo: string
  readonly time: string
  readonly timeOf: (total: string, model: string) => string
  readonly modelOf: (model: string, created: string) => string

  readonly failure: string
  readonly unreachable: string
  readonly unreadable: string
  readonly problems: Record<ErrorCode, string>
  readonly retryIn: (seconds: number) => string
  readonly code: string
  readonly status: string
  readonly requestId: string
  readonly said: string
}

const en: Texts = {
  title: 'Inquiry matching',
  language: 'Language',
  intro: 'Type what a customer wrote, in German or English. The service decides which desk answers, or that a person reads it.',
  text: 'Customer inquiry',
  key: 'API key',
  keyHint: 'This service answers only with a key. It is kept in this tab until you close it.',
  submit: 'Classify',
  shortcut: 'or Ctrl/⌘ + Enter',
  examples: 'Examples',
  result: 'Decision',
  more: 'More',
  documentation: 'API documentation',
  errorCodes: 'Error codes',

  nothingYet: 'Nothing decided yet. Type an inquiry or choose an example.',
  classified: 'Goes to this desk',
  manual: 'A person has to read it',
  reasons: {
    low_confidence: 'The model is not sure enough which desk it is.',
    out_of_scope: 'The inquiry seems to be for none of the desks.'
  },
  confidence: 'Confidence',
  alternatives: 'Alternatives',
  hints: 'Most probable desks, as a hint',
  model: 'Model',
  tokens: 'Tokens',
  tokensOf: (tokens, maxTokens) => `${tokens}, at most ${maxTokens} are read`,
  truncated: 'Truncated',
  truncatedYes: 'yes, only its beginning and its end were read',
  truncatedNo: 'no, all of it was read',
  time: 'Time taken',
  timeOf: (total, model) => `${total}, of which ${model} in the model`,
  modelOf: (model, created) => `Model ${model} of ${created}`,

  failure: 'No decision',
  unreachable: 'The service cannot be reached, or does not answer. Check the connection and try again.',
  unreadable: 'The answer did not come from the service, but from something in between.',
  problems: {
    ERR_INVALID_JSON: 'The service could not read the request.',
    ERR_INVALID_REQUEST: 'The inquiry is empty or too long.',
    ERR_UNAUTHENTICATED: 'A valid API key is needed.',
    ERR_NOT_FOUND: 'The service does not know this address.',
    ERR_METHOD_NOT_ALLOWED: 'The service does not allow this kind of request.',
    ERR_REQUEST_TIMEOUT: 'The inquiry took too long to arrive.',
    ERR_BODY_TOO_LARGE: 'The inquiry is too long.',
    ERR_UNSUPPORTED_MEDIA_TYPE: 'The service could not read the request.',
    ERR_RATE_LIMITED: 'Too many inquiries in a short time.',
    ERR_QUEUE_FULL: 'The service has too much to do at the moment.',
    ERR_DEADLINE_UNREACHABLE: 'The service has too much to do to answer in time.',
    ERR_HEADERS_TOO_LARGE: 'The request has too many or too large headers.',
    ERR_INTERNAL: 'The service failed.',
    ERR_INFERENCE_FAILED: 'The model could not be run on this text.',
    ERR_NOT_READY: 'The service is still starting.',
    ERR_DRAINING: 'The service is shutting down.',
    ERR_DEADLINE_EXCEEDED: 'The answer was not ready in time.'
  },
  retryIn: seconds => `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  code: 'Code',
  status: 'HTTP status',
  requestId: 'Request ID',
  said: 'Details'
}

const de: Texts = {
  title: 'Anfragen zuordnen',
  language: 'Sprache',
  intro: 'Geben Sie ein, was ein Kunde schreibt, auf Deutsch oder Englisch. Der Dienst entscheidet, welche Abteilung antwortet oder ob ein Mensch es liest.',
  text: 'Anfrage des Kunden',
  key: 'API-Schlüssel',
  keyHint: 'Dieser Dienst antwortet nur mit einem Schlüssel. Er bleibt in diesem Tab, bis Sie ihn schließen.',
  submit: 'Zuordnen',
  shortcut: 'oder Strg/⌘ + Enter',
  examples: 'Beispiele',
  result: 'Entscheidung',
  more: 'Mehr',
  documentation: 'API-Dokumentation',
  errorCodes: 'Fehlercodes',

  nothingYet: 'Noch nichts entschieden. Geben Sie eine Anfrage ein, oder wählen Sie ein Beispiel.',
  classified: 'Geht an diese Abteilung',
  manual: 'Ein Mensch muss es lesen',
  reasons: {
    low_confidence: 'Das Modell ist nicht sicher genug, welche Abteilung es ist.',
    out_of_scope: 'Die Anfrage scheint an keine der Abteilungen zu gehen.'
  },
  confidence: 'Sicherheit',
  alternatives: 'Alternativen',
  hints: 'Wahrscheinlichste Abteilungen, als Hinweis',
  model: 'Modell',
  tokens: 'Tokens',
  tokensOf: (tokens, maxTokens) => `${tokens}, höchstens ${maxTokens} werden gelesen`,
  truncated: 'Gekürzt',
  truncatedYes: 'ja, nur Anfang und Ende wurden gelesen',
  truncatedNo: 'nein, alles wurde gelesen',
  time: 'Dauer',
  timeOf: (total, model) => `${total}, davon ${model} im Modell`,
  modelOf: (model, created) => `Modell ${model} vom ${created}`,

  failure: 'Keine Entscheidung',
  unreachable: 'Der Dienst ist nicht erreichbar oder antwortet nicht. Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.',
  unreadable: 'Die Antwort kam nicht vom Dienst, sondern von etwas dazwischen.',
  problems: {
    ERR_INVALID_JSON: 'Der Dienst konnte die Anfrage nicht lesen.',
    ERR_INVALID_REQUEST: 'Die Anfrage ist leer oder zu lang.',
    ERR_UNAUTHENTICATED: 'Es braucht einen gültigen API-Schlüssel.',
    ERR_NOT_FOUND: 'Der Dienst kennt diese Adresse nicht.',
    ERR_METHOD_NOT_ALLOWED: 'Der Dienst erlaubt diese Art von Aufruf nicht.',
    ERR_REQUEST_TIMEOUT: 'Die Anfrage kam zu langsam an.',
    ERR_BODY_TOO_LARGE: 'Die Anfrage ist zu lang.',
    ERR_UNSUPPORTED_MEDIA_TYPE: 'Der Dienst konnte die Anfrage nicht lesen.',
    ERR_RATE_LIMITED: 'Zu viele Anfragen in kurzer Zeit.',
    ERR_QUEUE_FULL: 'Der Dienst hat gerade zu viel zu tun.',
    ERR_DEADLINE_UNREACHABLE: 'Der Dienst hat zu viel zu tun, um rechtzeitig zu antworten.',
    ERR_HEADERS_TOO_LARGE: 'Der Aufruf hat zu viele oder zu große Kopfzeilen.',
    ERR_INTERNAL: 'Der Dienst ist gescheitert.',
    ERR_INFERENCE_FAILED: 'Das Modell konnte diesen Text nicht bearbeiten.',
    ERR_NOT_READY: 'Der Dienst startet noch.',
    ERR_DRAINING: 'Der Dienst fährt gerade herunter.',
    ERR_DEADLINE_EXCEEDED: 'Die Antwort war nicht rechtzeitig fertig.'
  },
  retryIn: seconds => `Versuchen Sie es in ${seconds} ${seconds === 1 ? 'Sekunde' : 'Sekunden'} noch einmal.`,
  code: 'Code',
  status: 'HTTP-Status',
  requestId: 'Request-ID',
  said: 'Einzelheiten'
}

export const TEXTS: Record<Language, Texts> = { de, en }
