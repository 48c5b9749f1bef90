/** The report in the forms asked for; both print the same document. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExportKind } from '#common/contract/exports.ts';
import type { StageContext } from '#common/stage.ts';
import { reportDocument } from '../exports/report/report-document.ts';
import { reportHtml } from '../exports/report/write-html.ts';
import { reportPdf } from '../exports/report/write-pdf.ts';
import type { ExportSink } from './export-sink.ts';
import { gatherReport, type ReportSources } from './report-input.ts';

export const reportFiles = { report: 'report.html', 'report-pdf': 'report.pdf' } as const;

const fonts = fileURLToPath(new URL('../../resources/fonts/', import.meta.url));

export async function writeReports(
  kinds: readonly ExportKind[],
  sources: ReportSources,
  sink: ExportSink,
  context: StageContext,
): Promise<void> {
  if (!kinds.includes('report') && !kinds.includes('report-pdf')) return;
  const document = reportDocument(await gatherReport(sources, context));
  if (kinds.includes('report')) await sink.write(reportFiles.report, reportHtml(document));
  if (!kinds.includes('report-pdf')) return;
  const regular = await readFile(join(fonts, 'Roboto-Regular.ttf'));
  const bold = await readFile(join(fonts, 'Roboto-Bold.ttf'));
  await sink.write(reportFiles['report-pdf'], await reportPdf(document, { regular, bold }));
}
