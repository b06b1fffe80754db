/** The look of the report: the colours of the service's own page. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f3ef; --surface: #fff; --ink: #201b16; --quiet: #5f564d; --line: #ded6cc; --track: #ece6de; --accent: #a63f0b; --on-accent: #fff; --cool: #3b4ea6; --on-cool: #fff; }
@media (prefers-color-scheme: dark) { :root { --ground: #171411; --surface: #221e1a; --ink: #f2ece4; --quiet: #bcb2a6; --line: #3b342d; --track: #3a332c; --accent: #ff9d63; --on-accent: #291203; --cool: #aebcff; --on-cool: #0e1740; } }
* { box-sizing: border-box; }
body { max-inline-size: 76rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 2.5rem); background: var(--ground); color: var(--ink); font: 1rem/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif; overflow-wrap: break-word; }
h1, h2, p, dl, dd, figure { margin: 0; padding: 0; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { font-size: 1.25rem; letter-spacing: -.01em; }
header { display: grid; gap: .375rem; margin-block-end: 1.5rem; }
header p, section > p, .note { color: var(--quiet); }
.kicker { font-size: .875rem; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-block-start: .5rem; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main, section { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
main { gap: 1.5rem; }
section[id] { gap: .75rem; padding: 1.5rem clamp(1rem, 3vw, 1.75rem); border: 1px solid var(--line); border-radius: 1rem; background: var(--surface); scroll-margin: 1rem; }
section > p { max-inline-size: 60rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; }
.tiles > div { padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--surface); }
.tiles dt { font-size: .9375rem; font-weight: 600; }
.tiles dd { color: var(--quiet); font-size: .875rem; }
.tiles .figure { color: var(--ink); font-size: 1.875rem; font-weight: 700; line-height: 1.3; letter-spacing: -.015em; font-variant-numeric: tabular-nums; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.75rem 2.5rem; align-items: start; margin-block-start: .5rem; }
@media (min-width: 56rem) { .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); } .uneven { grid-template-columns: minmax(0, 8fr) minmax(0, 5fr); } }
.columns { column-gap: 2.5rem; margin-block-start: .5rem; }
.columns figure { break-inside: avoid; padding-block-end: 1.75rem; }
@media (min-width: 56rem) { .columns { columns: 2; } }
figure { display: grid; grid-template-columns: minmax(0, 1fr); gap: .5rem; }
figcaption, caption { font-weight: 600; }
figcaption::first-letter { text-transform: uppercase; }
.note, summary { font-size: .875rem; }
summary { color: var(--quiet); cursor: pointer; }
svg { display: block; inline-size: 100%; block-size: auto; overflow: visible; font-size: 12px; font-variant-numeric: tabular-nums; }
svg text { fill: var(--ink); }
.ticks text, svg .value { fill: var(--quiet); }
.grid line { stroke: var(--line); }
.axis { stroke: var(--quiet); }
.ideal { stroke: var(--quiet); stroke-dasharray: 5 4; }
.gaps line { stroke: var(--accent); stroke-opacity: .35; stroke-width: 2; }
.curve { fill: none; stroke: var(--cool); stroke-width: 2; stroke-opacity: .8; stroke-linejoin: round; }
.area { fill: var(--cool); fill-opacity: .1; }
.point { fill: var(--cool); stroke: var(--surface); stroke-width: 1.5; }
.point.chosen { fill: var(--accent); }
.track { fill: var(--track); }
rect.bar { fill: var(--cool); fill-opacity: .75; }
rect.bar.own { fill: var(--accent); fill-opacity: 1; }
.mark { fill: var(--surface); stroke: var(--ink); stroke-width: 2; }
rect.right { fill: var(--cool); }
rect.wrong { fill: var(--accent); }
text.count { font-size: 11px; }
g > rect.right + text.over { fill: var(--on-cool); }
g > rect.wrong + text.over { fill: var(--on-accent); }
.key { display: inline-block; inline-size: .75rem; block-size: .75rem; margin-inline: .5rem .125rem; border-radius: 3px; vertical-align: -.05em; }
.key:first-child { margin-inline-start: 0; }
.key.right, .key.bar { background: var(--cool); }
.key.wrong { background: var(--accent); }
.key.chosen { border-radius: 50%; background: var(--accent); }
.key.ring { border: 2px solid var(--ink); border-radius: 50%; }
.key.tick { inline-size: 2px; border-radius: 0; background: var(--ink); }
.table { overflow-x: auto; }
details .table { margin-block-start: .75rem; }
table { inline-size: 100%; border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { padding-block-end: .375rem; font-size: 1rem; text-align: start; }
details caption { font-size: .875rem; }
.quiet { color: var(--quiet); }
th, td { padding: .375rem .625rem; text-align: start; vertical-align: baseline; }
td, thead th + th { text-align: end; }
thead th { border-block-end: 1px solid var(--quiet); color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 500; }
tbody tr + tr { border-block-start: 1px solid var(--line); }
footer { display: grid; gap: .25rem; margin-block-start: 2rem; color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
code { font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
@media (forced-colors: active) { svg { forced-color-adjust: none; } }
@media print { body { background: none; } section[id], .tiles > div { break-inside: avoid; } nav { display: none; } }
`
