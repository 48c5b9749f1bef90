/** The method card that goes with every export: what was done, with which versions and seeds, and how well it works. */
import type { EvaluationSummary, Figure } from '#common/contract/classifier.ts';
import { counted } from '#common/counted.ts';

export const researchUseNotice = 'For research use only. Not a medical device; not for diagnosis.';

export interface MethodCard {
  readonly notice: string;
  readonly createdAt: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Tile, pretraining and classifier settings as they were used. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly evaluation: EvaluationSummary;
}

export function methodCard(input: Omit<MethodCard, 'notice'>): MethodCard {
  return { notice: researchUseNotice, ...input };
}

/** Names come from people: a pipe or a line break would break the table, a bracket could make a link. */
const cell = (text: string): string => text.replace(/[\\|[\]<>`*_]/g, '\\$&').replace(/\s+/g, ' ');

function figureText({ value, low, high }: Figure): string {
  const interval = low === null || high === null ? 'no interval' : `${low.toFixed(3)} to ${high.toFixed(3)}`;
  return `${value.toFixed(3)} (${interval})`;
}

function resultTable(rows: EvaluationSummary['rows']): string[] {
  return [
    '| features | balanced accuracy (95 %) | macro F1 (95 %) | accuracy |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${cell(row.features)} | ${figureText(row.balancedAccuracy)} | ${figureText(row.macroF1)} | ${row.accuracy.toFixed(3)} |`,
    ),
  ];
}

export function methodCardMarkdown(card: MethodCard): string {
  const { evaluation } = card;
  const test = evaluation.test;
  return `${[
    '# Method card',
    '',
    `**${card.notice}**`,
    '',
    `Made ${card.createdAt}. Classifier ${cell(evaluation.classifier)}, pretraining run ${cell(evaluation.run)}, seed ${evaluation.seed}.`,
    '',
    '## Results on held-out groups',
    '',
    `${counted(evaluation.trainingLabels, 'training label')}, ${counted(evaluation.evaluatedTiles, 'tile')} judged, ${counted(evaluation.folds, 'fold')}. ${cell(evaluation.groupReason)}`,
    '',
    ...resultTable(evaluation.rows),
    '',
    ...evaluation.sentences.map((sentence) => `- ${cell(sentence)}`),
    ...(test === null
      ? []
      : [
          '',
          '## Results on test slides',
          '',
          `${counted(test.tiles, 'tile')} of ${test.slides.map(cell).join(', ')}.`,
          '',
          ...resultTable(test.rows),
        ]),
    '',
    '## Training labels',
    '',
    ...evaluation.classes.map((item) => `- ${cell(item.name)}: ${item.trainingLabels}`),
    '',
    '## Settings',
    '',
    '```json',
    JSON.stringify(card.settings, null, 2).replaceAll('```', "'''"),
    '```',
    '',
    '## Versions',
    '',
    ...Object.entries(card.versions).map(([name, version]) => `- ${cell(name)} ${cell(version)}`),
  ].join('\n')}\n`;
}
