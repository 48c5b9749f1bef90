/**
 * The report's content in its order: what was found, how well it works, how far it can be trusted, on which slides it stands, and
 * how it was made. What is not known is said to be not known.
 */
import { counted } from '#common/counted.ts';
import { mppOrigin, mppWarnings } from '#common/domain/mpp-provenance.ts';
import type { MethodCard } from '../method-card.ts';
import { heading, list, paragraph, type Block, type Column, type ReportDocument } from './document.ts';
import { unsureBelow, type ReportInput, type ReportSlide } from './report-input.ts';
import { figureText, percent } from './texts.ts';
import { trustBlocks } from './trust-blocks.ts';

export function reportDocument(input: ReportInput): ReportDocument {
  const { card, project } = input;
  return {
    title: `${project}: tissue report`,
    notice: card.notice,
    createdAt: card.createdAt,
    creator: `Trefoil ${card.versions['Trefoil'] ?? ''}`.trim(),
    blocks: [
      paragraph(
        `Classifier ${card.evaluation.classifier} of ${timeText(card.createdAt)}, pretraining run ${card.evaluation.run}, seed ${card.evaluation.seed}.`,
      ),
      heading(2, 'In short'),
      ...list(shortly(input)),
      heading(2, 'Areas'),
      ...areaBlocks(input),
      heading(2, 'How well it works on held-out slides'),
      ...evaluationBlocks(input),
      heading(2, 'How far the probabilities can be trusted'),
      ...trustBlocks(card.evaluation),
      heading(2, 'Slides'),
      ...slideBlocks(input),
      heading(2, 'Maps'),
      ...input.pictures.map(({ slide, pictures, caption }): Block => ({
        kind: 'pictures',
        caption: `${slide}. ${caption}`,
        pictures,
      })),
      heading(2, 'How it was made'),
      ...methodBlocks(input),
    ],
  };
}

/** What must not be overlooked. */
function shortly({ card, slides, total, pictures }: ReportInput): string[] {
  const { rows, sentences, calibration, groupLevel } = card.evaluation;
  const [first] = rows;
  const unlike = slides.filter(({ likeness }) => likeness?.verdict === 'unlike').map(({ name }) => name);
  const unmeasured = slides.filter(({ areas }) => areas.mppSource !== 'file').length;
  const unread = pictures.filter(({ pictures: own }) => own.length < 2).length;
  return [
    `${counted(slides.length, 'slide')} mapped: ${total.classes.map((item) => `${item.name} ${areaText(item)}`).join(', ')}.`,
    ...(first === undefined
      ? []
      : [
          `Balanced accuracy on held-out labels ${figureText(first.balancedAccuracy)}, one ${groupLevel === 'image' ? 'slide' : groupLevel} or more held out at a time.`,
        ]),
    ...sentences,
    ...(calibration === undefined ? [] : [calibration.sentence]),
    ...(unlike.length === 0
      ? []
      : [`Unlike the training slides, so that no figure here may hold: ${unlike.join(', ')}.`]),
    ...(unmeasured === 0
      ? []
      : [
          `The pixel size of ${counted(unmeasured, 'slide')} does not come from the file: areas stand on what was put in.`,
        ]),
    ...(unread === 0 ? [] : [`${counted(unread, 'slide')} could not be read any more when this report was made.`]),
  ];
}

type Area = { readonly areaMm2: number; readonly percent: number };

/** Broken between the two values only. */
function areaText({ areaMm2, percent: share }: Area): string {
  return `${areaMm2.toFixed(3)}\u00a0mm² (${share.toFixed(1)}\u00a0%)`;
}

/** "2026-11-23 15:35 UTC" */
function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

function areaBlocks({ slides, total, classes, notes }: ReportInput): Block[] {
  type Row = { readonly classes: readonly Area[]; readonly unclassified: Area };
  const cell = (area: Area | undefined): string => (area === undefined ? '' : areaText(area));
  const row = (name: string, item: Row, noTissueMm2: number | null): string[] => [
    name,
    ...classes.map((_, index) => cell(item.classes[index])),
    ...(hasUnclassified ? [cell(item.unclassified)] : []),
    noTissueMm2 === null ? '' : `${noTissueMm2.toFixed(3)}\u00a0mm²`,
  ];
  const hasUnclassified = total.unclassified.tiles > 0;
  return [
    { kind: 'legend', items: classes },
    {
      kind: 'table',
      caption: 'Area of each class, in square millimetres and as a share of the classified tissue of the row',
      columns: [
        { title: 'Slide', isText: true },
        ...classes.map(({ name }) => ({ title: name })),
        ...(hasUnclassified ? [{ title: 'Not classified' }] : []),
        { title: 'No tissue or left out' },
      ],
      rows: [
        row('All slides', total, total.noTissue.areaMm2),
        ...slides.flatMap(({ name, areas }) => [
          row(name, areas, areas.noTissue.areaMm2),
          ...areas.regions.map((region) => row(`${name}, region ${region.name}`, region, null)),
        ]),
      ],
    },
    {
      kind: 'table',
      caption: 'Share of the classified tissue whose class is less sure than the probability named',
      columns: [
        { title: 'Slide', isText: true },
        ...unsureBelow.map((limit) => ({ title: `Below ${Math.round(100 * limit)} %` })),
      ],
      rows: slides.map(({ name, unsureShares }) => [name, ...unsureShares.map(percent)]),
    },
    ...list(notes),
  ];
}

function evaluationBlocks({ card, classes, folds, reserve, readings }: ReportInput): Block[] {
  const { evaluation } = card;
  const { confusion, perClass, test } = evaluation;
  const name = (index: number): string => classes[index]?.name ?? '';
  return [
    paragraph(
      `${counted(evaluation.trainingLabels, 'training label')}, ${counted(evaluation.evaluatedTiles, 'tile')} judged, ${counted(evaluation.folds, 'fold')}. ${evaluation.groupReason} ${reserve}`,
    ),
    resultTable('Figures on held-out slides, beside the baselines', evaluation.rows),
    ...list(evaluation.sentences),
    {
      kind: 'table',
      caption: 'Confusion: labelled by a person (rows), named by the classifier (columns)',
      columns: [{ title: 'Labelled as', isText: true }, ...classes.map((item) => ({ title: item.name }))],
      rows: confusion.map((row, truth) => [name(truth), ...row.map(String)]),
    },
    {
      kind: 'table',
      caption: 'By class',
      columns: [
        { title: 'Class', isText: true },
        ...['Precision', 'Recall', 'F1', 'Labelled tiles', 'Training labels'].map((title) => ({ title })),
      ],
      rows: perClass.map((item, index) => [
        name(index),
        item.precision.toFixed(3),
        item.recall.toFixed(3),
        item.f1.toFixed(3),
        String(item.support),
        String(evaluation.classes[index]?.trainingLabels ?? ''),
      ]),
    },
    ...(folds.length === 0
      ? [paragraph('What each fold held out is not known any more.')]
      : [
          {
            kind: 'table' as const,
            caption: `Folds: what was held out and judged by a classifier that did not see it (${evaluation.groupLevel})`,
            columns: [
              { title: 'Fold' },
              { title: 'Held out', isText: true },
              { title: 'Tiles judged' },
              { title: 'Named rightly' },
            ],
            rows: folds.map(({ heldOut, tiles, correct }, index) => [
              String(index + 1),
              heldOut.join(', '),
              String(tiles),
              tiles === 0 ? 'none judged' : percent(correct / tiles),
            ]),
          },
        ]),
    ...(test === null
      ? [paragraph('No slides were kept apart for a final test.')]
      : [
          heading(3, 'Final test'),
          paragraph(`${counted(test.tiles, 'tile')} of ${test.slides.join(', ')}, never seen by the folds.`),
          resultTable('Figures on the slides of the final test', test.rows),
        ]),
    heading(3, 'Second reader'),
    ...(readings.length === 0
      ? [paragraph('No second reading of the labels was finished: how far two readers agree is not known.')]
      : readings.flatMap(({ reader, sentences }) => [paragraph(`Read by ${reader}:`), ...list(sentences)])),
  ];
}

function resultTable(caption: string, rows: MethodCard['evaluation']['rows']): Block {
  return {
    kind: 'table',
    caption,
    columns: [
      { title: 'Features', isText: true },
      ...['Balanced accuracy (95 % interval)', 'Macro F1 (95 % interval)', 'Accuracy'].map((title) => ({ title })),
    ],
    rows: rows.map((row) => [
      row.features,
      figureText(row.balancedAccuracy),
      figureText(row.macroF1),
      row.accuracy.toFixed(3),
    ]),
  };
}

/** Of the tissue that artefacts could have taken: kept tiles and those left out for one of these. */
const artefacts: Readonly<Record<string, string>> = { pen: 'Pen', fold: 'Fold', dark: 'Dirt', blur: 'Blur' };

function slideBlocks({ slides }: ReportInput): Block[] {
  const text = (title: string): Column => ({ title, isText: true });
  const artefactShare = ({ keptTiles, dropped }: ReportSlide, reason: string): string => {
    const taken = Object.keys(artefacts).reduce((sum, each) => sum + (dropped[each] ?? 0), 0);
    const whole = keptTiles + taken;
    return whole === 0 ? '' : percent((dropped[reason] ?? 0) / whole);
  };
  const remarks = slides.flatMap(({ name, remarks: own }) => own.map((remark) => `${name}: ${remark}`));
  const unknown = slides.filter(({ likeness }) => likeness === null).length;
  return [
    {
      kind: 'table',
      caption: 'Files, pixel sizes, and the part each slide had',
      columns: [
        text('Slide'),
        text('Size and format'),
        text('Pixel size and where it comes from'),
        text('Part'),
        text('SHA-256, first 16'),
      ],
      rows: slides.map((slide) => [
        slide.name,
        `${slide.widthPx} × ${slide.heightPx} px, ${slide.format}`,
        [mppOrigin(slide.mpp), ...mppWarnings(slide.mpp)].join(' ').replaceAll('um/px', 'µm/px'),
        slide.role,
        slide.fingerprint.slice(0, 16),
      ]),
    },
    {
      kind: 'table',
      caption: 'Tiles kept, and artefacts as a share of the tissue',
      columns: [text('Slide'), { title: 'Tiles kept' }, ...Object.values(artefacts).map((title) => ({ title }))],
      rows: slides.map((slide) => [
        slide.name,
        String(slide.keptTiles),
        ...Object.keys(artefacts).map((reason) => artefactShare(slide, reason)),
      ]),
    },
    ...(unknown === slides.length
      ? [paragraph('Whether a slide is unlike the training slides is not known: this classifier keeps no reference.')]
      : [
          {
            kind: 'table' as const,
            caption: 'Likeness to the training slides (about 1 is usual)',
            columns: [text('Slide'), { title: 'Distance' }, { title: 'Tiles beyond the limit' }, text('Verdict')],
            rows: slides.map(({ name, likeness }) =>
              likeness === null
                ? [name, '', '', 'not known']
                : [name, likeness.score.toFixed(2), percent(likeness.shareBeyond), verdicts[likeness.verdict]],
            ),
          },
          ...list(
            slides.flatMap(({ name, likeness }) =>
              likeness?.verdict === 'unlike' ? [`${name}: ${likeness.sentence}`] : [],
            ),
          ),
        ]),
    ...list(remarks),
  ];
}

const verdicts = {
  like: 'not found to be unlike',
  unlike: 'UNLIKE the training slides',
  'cannot-tell': 'cannot be told',
  training: 'training slide',
} as const;

function methodBlocks({ card, checksums }: ReportInput): Block[] {
  return [
    {
      kind: 'table',
      caption: 'Versions',
      columns: [
        { title: 'Program', isText: true },
        { title: 'Version', isText: true },
      ],
      rows: Object.entries(card.versions),
    },
    {
      kind: 'table',
      caption: 'Checksums of what the result stands on',
      columns: [
        { title: 'File', isText: true },
        { title: 'SHA-256', isText: true },
      ],
      rows: checksums.map(({ what, sha256 }) => [what, sha256]),
    },
    paragraph(
      'Settings of tiles, pretraining and classifier; those of single slides are in the method card that is exported beside this report.',
    ),
    { kind: 'listing', caption: 'Settings', text: JSON.stringify(withoutSlides(card.settings), null, 2) },
  ];
}

function withoutSlides(settings: MethodCard['settings']): unknown {
  if (typeof settings !== 'object' || settings === null) return settings;
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'slides'));
}
