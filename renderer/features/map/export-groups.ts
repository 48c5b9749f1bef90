/** Files of a preview or an export, summed up by kind, so that a hundred slides do not make a hundred lines. Pure. */
import type { ExportPreviewAnswer } from './export-dialog.ts';

export type PreviewFile = ExportPreviewAnswer['files'][number];

export interface FileGroup {
  readonly kind: PreviewFile['kind'];
  readonly files: readonly PreviewFile[];
  readonly rows: number | null;
  /** null where only writing tells; a part that is known is not called the whole. */
  readonly byteLength: number | null;
  readonly isAtLeast: boolean;
}

export function groupFiles(files: readonly PreviewFile[]): readonly FileGroup[] {
  const kinds = [...new Set(files.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const own = files.filter((file) => file.kind === kind);
    const rows = own.filter((file) => file.rows !== null);
    const sizes = own.filter((file) => file.byteLength !== null);
    return {
      kind,
      files: own,
      rows: rows.length === 0 ? null : rows.reduce((sum, file) => sum + (file.rows ?? 0), 0),
      byteLength: sizes.length === 0 ? null : sizes.reduce((sum, file) => sum + (file.byteLength ?? 0), 0),
      isAtLeast: sizes.length < own.length,
    };
  });
}
