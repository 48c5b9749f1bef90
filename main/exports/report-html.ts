/**
 * The report as one HTML file: figures with intervals beside their baselines, areas, maps as pictures, the method card. No
 * script, nothing loaded from elsewhere; every text from people or files is escaped. Printed to PDF by any browser.
 */
import type { Figure } from '#common/contract/classifier.ts';
import type { MapAreas } from '#common/contract/maps.ts';
import { mppOrigin, mppWarnings, type MppProvenance } from '#common/domain/mpp-provenance.ts';
import { counted } from '#common/counted.ts';
import { methodCardMarkdown, type MethodCard } from './method-card.ts';

export interface ReportPicture {
  readonly slide: string;
  /** "data:image/jpeg;base64,..."; null with the reason when the slide cannot be read. */
  readonly thumbnail: string | null;
  readonly map: string;
  readonly caption: string;
}

export interface ReportInput {
  readonly project: string;
  readonly card: MethodCard;
  readonly classes: readonly { readonly name: string; readonly colour: string; readonly letter: string }[];
  readonly slides: readonly MapAreas[];
  readonly total: Pick<MapAreas, 'classes' | 'unclassified' | 'noTissue'>;
  readonly pictures: readonly ReportPicture[];
  /** Where each slide's pixel size comes from: every area rests on it. */
  readonly pixelSizes: readonly { readonly slide: string; readonly mpp: MppProvenance }[];
  readonly notes: readonly string[];
}

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
body { font: 14px/1.5 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
.notice { border: 2px solid #b00; padding: .5rem 1rem; font-weight: 600; }
.legend span { display: inline-block; margin-right: 1rem; } .legend i { display: inline-block; width: 1em; height: 1em; border: 1px solid #444; vertical-align: -.15em; margin-right: .3em; }
figure { margin: 1rem 0; break-inside: avoid; } figure img { width: 49%; background: #fff; border: 1px solid #ddd; image-rendering: pixelated; }
figcaption { color: #555; } pre { white-space: pre-wrap; font-size: 11px; background: #f6f6f6; padding: 1rem; }
`;

export function reportHtml(input: ReportInput): string {
  const { card, project } = input;
  const { evaluation } = card;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(project)}: tissue report</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(project)}: tissue report</h1>
<p class="notice">${escapeHtml(card.notice)}</p>
<p>Made ${escapeHtml(card.createdAt)}. Classifier ${escapeHtml(evaluation.classifier)}, pretraining run ${escapeHtml(evaluation.run)}, seed ${evaluation.seed}.</p>
<h2>How well it works on held-out slides</h2>
<p>${counted(evaluation.trainingLabels, 'training label')}, ${counted(evaluation.evaluatedTiles, 'tile')} judged, ${counted(evaluation.folds, 'fold')}. ${escapeHtml(evaluation.groupReason)}</p>
${resultTable(evaluation.rows)}
${list(evaluation.sentences)}
${confusionTable(input)}
${testSection(card)}
<h2>Areas</h2>
${legend(input)}
${areaTable(input)}
${list(input.notes)}
<h2>Pixel sizes</h2>
${pixelSizeTable(input)}
<h2>Maps</h2>
${input.pictures.map(pictureHtml).join('\n')}
<h2>Method card</h2>
<pre>${escapeHtml(methodCardMarkdown(card))}</pre>
</body>
</html>
`;
}

function list(sentences: readonly string[]): string {
  return sentences.length === 0 ? '' : `<ul>${sentences.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', values: readonly string[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escapeHtml(value)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
}

function figureText({ value, low, high, intervalNote }: Figure): string {
  return low === null || high === null
    ? `${value.toFixed(3)} (${intervalNote ?? 'no interval'})`
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function resultTable(rows: MethodCard['evaluation']['rows']): string {
  return table(
    ['Features', 'Balanced accuracy (95 % interval)', 'Macro F1 (95 % interval)', 'Accuracy'],
    rows.map((row) => [
      row.features,
      figureText(row.balancedAccuracy),
      figureText(row.macroF1),
      row.accuracy.toFixed(3),
    ]),
  );
}

function confusionTable({ card, classes }: ReportInput): string {
  const { confusion, perClass } = card.evaluation;
  const name = (index: number): string => classes[index]?.name ?? '';
  const counts = confusion.map((row, truth) => [name(truth), ...row.map(String)]);
  const figures = perClass.map((item, index) => [
    name(index),
    item.precision.toFixed(3),
    item.recall.toFixed(3),
    item.f1.toFixed(3),
    String(item.support),
  ]);
  return `${table(['Labelled (rows), predicted (columns)', ...classes.map((item) => item.name)], counts)}
${table(['Class', 'Precision', 'Recall', 'F1', 'Labelled tiles'], figures)}`;
}

function testSection({ evaluation: { test } }: MethodCard): string {
  if (test === null) return '';
  return `<h2>Final test</h2><p>${counted(test.tiles, 'tile')} of ${escapeHtml(test.slides.join(', '))}, never seen by the folds.</p>${resultTable(test.rows)}`;
}

function legend({ classes }: ReportInput): string {
  const items = classes.map(({ name, colour, letter }) => {
    const safe = /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#000000';
    return `<span><i style="background:${safe}"></i>${escapeHtml(letter)} ${escapeHtml(name)}</span>`;
  });
  return `<p class="legend">${items.join('')}</p>`;
}

type Area = { readonly areaMm2: number; readonly percent: number };
type Row = { readonly classes: readonly Area[]; readonly unclassified: Area };

function areaTable({ slides, total, classes }: ReportInput): string {
  const cell = (area: Area | undefined): string =>
    area === undefined ? '' : `${area.areaMm2.toFixed(3)} mm² (${area.percent.toFixed(1)} %)`;
  const row = (name: string, item: Row, noTissueMm2: number | null, mpp: string): string[] => [
    name,
    ...classes.map((_, index) => cell(item.classes[index])),
    cell(item.unclassified),
    noTissueMm2 === null ? '' : `${noTissueMm2.toFixed(3)} mm²`,
    mpp,
  ];
  return table(
    ['Slide', ...classes.map((item) => item.name), 'Not classified', 'No tissue or left out', 'µm per pixel'],
    [
      ...slides.flatMap((slide) => [
        row(slide.name, slide, slide.noTissue.areaMm2, `${slide.mpp.toFixed(4)} (${slide.mppSource})`),
        ...slide.regions.map((region) => row(`${slide.name}, region ${region.name}`, region, null, '')),
      ]),
      row('All slides', total, total.noTissue.areaMm2, ''),
    ],
  );
}

function pixelSizeTable({ pixelSizes }: ReportInput): string {
  const rows = pixelSizes.map(({ slide, mpp }) => [slide, mppOrigin(mpp), mppWarnings(mpp).join(' ')]);
  return table(['Slide', 'Pixel size and where it comes from', 'Remarks'], rows);
}

function pictureHtml({ slide, thumbnail, map, caption }: ReportPicture): string {
  const image = (source: string, what: string): string =>
    `<img src="${escapeHtml(source)}" alt="${escapeHtml(`${what} of ${slide}`)}">`;
  return `<figure>${thumbnail === null ? '' : image(thumbnail, 'Slide')} ${image(map, 'Class map')}<figcaption>${escapeHtml(slide)}. ${escapeHtml(caption)}</figcaption></figure>`;
}
