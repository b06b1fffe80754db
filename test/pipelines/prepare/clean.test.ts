import t from 'tap'
import { readDataSet } from '../../../pipelines/data/data-set.ts'
import { cleanInquiry } from '../../../pipelines/prepare/clean.ts'
import { detectLanguage, languageOf } from '../../../pipelines/prepare/language.ts'

t.test('composes characters, drops invisible ones and evens out white space', async t => {
  t.equal(cleanInquiry('Gru\u0308n\u00ad\u200b \u0000 ist\u00a0\u2003 scho\u0308n \r\n\r\n\r\n\r\n ok\t!\ufeff'), 'Grün ist schön\n\nok !')
  t.equal(cleanInquiry('Familie 👨‍👩‍👧 und 👩🏽‍🔧, a\u200db'), 'Familie 👨‍👩‍👧 und 👩🏽‍🔧, ab', 'joined pictures stay joined')
  t.equal(cleanInquiry('\ud800 kaputt'), '\ufffd kaputt')
  t.equal(cleanInquiry(' \u200b\n'), '')
})

t.test('joins the subject as the service does', async t => {
  t.equal(cleanInquiry('Wo ist es?', ' Paket\nweg '), 'Paket weg\nWo ist es?')
  t.equal(cleanInquiry('', 'Nur ein Betreff'), 'Nur ein Betreff')
  t.equal(cleanInquiry('Text', '  '), 'Text')
})

t.test('takes HTML out of mails and leaves what a customer put in angle brackets', async t => {
  t.equal(cleanInquiry('<html><head><title>x</title></head><body><style>p { color: red }</style><p>Guten Tag,</p>\n<p>passt <b>T&uuml;r</b>&nbsp;A &amp; B?<br/>Gr&#252;&#xDF;e</p></body></html>'), 'Guten Tag,\npasst Tür A & B?\nGrüße')
  t.equal(cleanInquiry('Breite <80 cm und > 60 cm, <meine Adresse>, &unknown; &lt;p&gt;'), 'Breite <80 cm und > 60 cm, <meine Adresse>, &unknown; <p>')
  t.equal(cleanInquiry('A &amp;lt; B'), 'A &lt; B', 'decoded once')
})

t.test('cuts quoted mails and what mail programs append', async t => {
  const own = 'Guten Tag,\ndas Regal ist kaputt.\nMit freundlichen Grüßen\nEva'
  for (const tail of [
    '-----Ursprüngliche Nachricht-----\nVon: Service',
    'Am 12.11.2026 um 10:04 schrieb Kundenservice:\n> Guten Tag\n> alles klar',
    'Am Do., 12. Nov. 2026 um 10:04 Uhr schrieb Kundenservice\n<service@example.com>:\n> Guten Tag',
    'On Thu, 12 Nov 2026 at 10:04, Customer Service wrote:\n> Hello',
    'Von: Service <service@example.com>\nGesendet: Donnerstag\nAn: Eva',
    '-- \nEva Muster\nMusterweg 1',
    'Gesendet von meinem iPhone',
    'Sent from my Galaxy',
    '> Ihre Anfrage vom Montag\n> ist da'
  ]) t.equal(cleanInquiry(`${own}\n\n${tail}`), own, tail)
})

t.test('cuts nothing that may be the message', async t => {
  for (const text of [
    'Am Montag schrieb ich Ihnen schon: keine Antwort.',
    '> Wann kommt mein Paket?',
    'Sie schrieben:\n> Lieferung am Montag\nAber es kam nichts.',
    'Gesendet von Ihnen wurde die falsche Farbe.',
    'Von: Berlin nach Wien\nliefern Sie das auch?',
    '-----Original Message-----\nFrom: me\nWhere is it?'
  ]) t.equal(cleanInquiry(text), text)
})

t.test('tells German from English in the committed data set, dialects and typos included, and says when it cannot', async t => {
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  const examples = [...splits.validation, ...splits.test]
  const right = examples.filter(({ text, language }) => detectLanguage(text) === language).length
  t.ok(right / examples.length >= 0.99, `${right} of ${examples.length}`)
  const wrong = examples.filter(({ text, language }) => !['und', language].includes(detectLanguage(text))).length
  t.ok(wrong / examples.length <= 0.005, `${wrong} told wrongly`)
  t.strictSame(['XJ 4711', '🙂', ''].map(detectLanguage), ['und', 'und', 'und'])
  t.strictSame(['de-AT', 'EN_gb', ''].map(languageOf), ['de', 'en', ''])
})
