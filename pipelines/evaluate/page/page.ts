import type { Evaluation } from '../evaluation.ts'
import { behaviour } from './behaviour.ts'
import { calibration } from './calibration.ts'
import { confusion } from './confusion.ts'
import { decimal, megabytes, milliseconds, percent, readable } from './format.ts'
import { Markup, type Part, html } from './html.ts'
import { labels } from './labels.ts'
import { selection } from './selection.ts'
import { baselines, serving } from './serving.ts'
import { slices } from './slices.ts'
import { STYLE } from './style.ts'

const SECTIONS = { baselines: 'Baselines', selection: 'Answered', calibration: 'Calibration', labels: 'Labels', confusion: 'Confusion', slices: 'Slices', behaviour: 'Behaviour', serving: 'In service' }

/** The report as one HTML file that needs nothing else: no script, no network; light and dark. */
export function evaluationPage (evaluation: Evaluation): string {
  const { model, dataset, overall, outOfScope, createdAt } = evaluation
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${model.name} ${model.version} on ${dataset.name} ${dataset.version}, ${dataset.split}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<p class="kicker">Evaluation</p>
<h1>${model.name} ${model.version}</h1>
<p>On the ${dataset.split} split of ${dataset.name} ${dataset.version}: ${overall.items + outOfScope.items} inquiries, ${overall.items} in scope. <time datetime="${createdAt}">${createdAt.slice(0, 10)}</time></p>
<nav aria-label="Sections">${Object.entries(SECTIONS).map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>
</header>
<main>
${keyFigures(evaluation)}
${[baselines, selection, calibration, labels, confusion, slices, behaviour, serving].map(section => section(evaluation))}
</main>
<footer>
<p>Model <code>${model.digest}</code></p>
<p>Data set <code>${dataset.digest}</code></p>
<p>Made by <code>npm run pipelines -- evaluate</code> from evaluation.json, which has every figure. No text of an inquiry is in either.</p>
</footer>
</body>
</html>
`
  return page.text
}

function keyFigures (evaluation: Evaluation): Markup {
  const { overall, outOfScope, perClass, latency, sizeBytes, behaviour } = evaluation
  const [weakest] = Object.entries(perClass).sort(([, a], [, b]) => a.f1 - b.f1)
  const [passed, cases] = [behaviour.reduce((sum, test) => sum + test.passed, 0), behaviour.reduce((sum, test) => sum + test.cases, 0)]
  const tiles: ReadonlyArray<readonly [string, Part, Part]> = [
    ['Accuracy', percent(overall.accuracy), 'most probable label, in scope'],
    ['Macro-F1', percent(overall.macroF1), `weakest: ${readable(weakest![0])}, ${percent(weakest![1].f1)}`],
    ['Answered rightly', percent(overall.answeredAccuracy), `${percent(overall.lost)} in scope go to a person`],
    ['Out of scope caught', percent(outOfScope.caught), `AUROC ${decimal(outOfScope.auroc)}`],
    ['Calibration error', percent(overall.expectedCalibrationError), `Brier score ${decimal(overall.brier)}`],
    ['Behaviour', cases ? percent(passed / cases) : '–', `${passed} of ${cases} cases pass`],
    ['Latency, p95', milliseconds(latency.p95Ms), `median ${milliseconds(latency.p50Ms)}, one thread`],
    ['Size', megabytes(sizeBytes), 'the files that answer']
  ]
  return html`<section aria-label="Key figures"><dl class="tiles">${tiles.map(([name, value, note]) => html`<div><dt>${name}</dt><dd class="figure">${value}</dd><dd>${note}</dd></div>`)}</dl></section>`
}
