/**
 * A report as one HTML file: no script, nothing loaded from elsewhere, every text escaped. Prints with repeated table heads, the
 * notice on every page and page numbers where the browser knows them.
 */
import type { Block, Chart, Picture, ReportDocument, Shape, Table } from './document.ts';

export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

const style = `
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid #ccc; } h3 { font-size: 1rem; }
h2, h3 { break-after: avoid; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top; }
th { font-weight: 600; } tbody th { font-weight: 400; overflow-wrap: anywhere; } .text { text-align: left; overflow-wrap: anywhere; }
tr { break-inside: avoid; } thead { display: table-header-group; }
.notice { border: 2px solid #b00; padding: .5rem 1rem; font-weight: 600; }
.legend { list-style: none; padding: 0; } .legend li { display: inline-block; margin-right: 1rem; }
.legend i { display: inline-block; width: 1em; height: 1em; border: 1px solid #444; vertical-align: -.15em; margin-right: .3em; }
figure { margin: 1rem 0; break-inside: avoid; } figure img { max-width: 49%; background: #fff; border: 1px solid #ddd; vertical-align: top; }
.pixelated { image-rendering: pixelated; } svg { width: 30rem; max-width: 100%; height: auto; font: 9px system-ui, sans-serif; }
figcaption { color: #555; } pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 11px; background: #f6f6f6; padding: 1rem; }
footer { color: #555; border-top: 1px solid #ccc; margin-top: 2rem; padding-top: .5rem; }
@page { size: A4; margin: 18mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
  .table { overflow: visible; }
  footer { position: fixed; bottom: -12mm; left: 0; right: 0; border: 0; font-size: 8pt; }
}
`;

export function reportHtml({ title, notice, blocks }: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="notice">${escapeHtml(notice)}</p>
${blocks.map(blockHtml).join('\n')}
</main>
<footer>${escapeHtml(title)}. ${escapeHtml(notice)}</footer>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
    case 'table':
      return tableHtml(block);
    case 'legend':
      return `<ul class="legend">${block.items
        .map(({ name, letter, colour }) => {
          const swatch = `<i style="background:${safeColour(colour)}"></i>`;
          return `<li>${swatch}${escapeHtml(letter)} ${escapeHtml(name)}</li>`;
        })
        .join('')}</ul>`;
    case 'pictures':
      return `<figure>${block.pictures.map(pictureHtml).join(' ')}<figcaption>${escapeHtml(block.caption)}</figcaption></figure>`;
    case 'chart':
      return chartHtml(block);
    case 'listing':
      return `<h3>${escapeHtml(block.caption)}</h3>\n<pre>${escapeHtml(block.text)}</pre>`;
    default:
      return block satisfies never;
  }
}

export function safeColour(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#000000';
}

function tableHtml({ caption, columns, rows }: Table): string {
  const kind = (index: number): string => (columns[index]?.isText === true ? ' class="text"' : '');
  const head = columns.map(({ title }, index) =>
    title === '' ? `<td${kind(index)}></td>` : `<th scope="col"${kind(index)}>${escapeHtml(title)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = row.map((value, index) =>
      index === 0
        ? `<th scope="row"${kind(index)}>${escapeHtml(value)}</th>`
        : `<td${kind(index)}>${escapeHtml(value)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="table" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function pictureHtml({ alternative, type, bytes, isPixelated }: Picture): string {
  const source = `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
  return `<img${isPixelated ? ' class="pixelated"' : ''} src="${source}" alt="${escapeHtml(alternative)}">`;
}

function chartHtml({ caption, alternative, width, height, shapes }: Chart): string {
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(alternative)}">${shapes.map(shapeSvg).join('')}</svg><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function shapeSvg(shape: Shape): string {
  switch (shape.shape) {
    case 'line': {
      const points = shape.points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
      const dashes = shape.isDashed === true ? ' stroke-dasharray="4 3"' : '';
      return `<polyline points="${points}" fill="none" stroke="${safeColour(shape.colour)}"${dashes}/>`;
    }
    case 'dot':
      return `<circle cx="${shape.x.toFixed(1)}" cy="${shape.y.toFixed(1)}" r="${shape.radius}" fill="${safeColour(shape.colour)}"/>`;
    case 'text':
      return `<text x="${shape.x.toFixed(1)}" y="${shape.y.toFixed(1)}" text-anchor="${shape.anchor}" dominant-baseline="central">${escapeHtml(shape.text)}</text>`;
    default:
      return shape satisfies never;
  }
}
