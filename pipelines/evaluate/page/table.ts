import { type Markup, type Part, html } from './html.ts'

/** A table whose first column names the row; the others are figures. */
export function table (caption: string, head: readonly string[], rows: ReadonlyArray<readonly Part[]>): Markup {
  return html`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map(title => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map(cell => html`<td>${cell}</td>`)}</tr>
`)}</tbody></table></div>`
}

/** A table behind a plot, folded. */
export function figuresOf (caption: string, head: readonly string[], rows: ReadonlyArray<readonly Part[]>): Markup {
  return html`<details><summary>Figures as a table</summary>${table(caption, head, rows)}</details>`
}
