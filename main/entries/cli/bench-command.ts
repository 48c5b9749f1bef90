/** bench: how fast a training step is on this machine and where its time goes, as Markdown or JSON. */
import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { BenchReport } from '#common/contract/bench.ts';
import type { CommandEnvironment } from './program.ts';
import { given, integerOption } from './options.ts';

interface BenchOptions {
  readonly engine?: 'webgpu' | 'tfjs';
  readonly network?: 'resnet18-narrow' | 'resnet18' | 'resnet50';
  readonly size?: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly repeats?: number;
  readonly precision?: 'f32' | 'f16';
  readonly plan?: true;
  readonly allowSoftware?: true;
  readonly out?: string;
}

export function addBenchCommand(program: Command, { core, output, context }: CommandEnvironment): void {
  program
    .command('bench')
    .description('time a training step on this machine, kernel by kernel')
    .addOption(new Option('--engine <name>').choices(['webgpu', 'tfjs']))
    .addOption(new Option('--network <name>').choices(['resnet18-narrow', 'resnet18', 'resnet50']))
    .option('--size <px>', 'side of the views, default 128', integerOption)
    .option('--batch <count>', 'triplets a step, default 128', integerOption)
    .option('--steps <count>', 'steps of a repeat, default 10', integerOption)
    .option('--repeats <count>', 'default 5', integerOption)
    .addOption(new Option('--precision <kind>').choices(['f32', 'f16']))
    .option('--plan', 'no device: bytes and operations of the planned step only')
    .option('--allow-software', 'also on a software adapter; the table says so')
    .option('--out <file>', 'write the Markdown to this file too')
    .action(async ({ size, plan, out, ...options }: BenchOptions) => {
      const report = await core.app.bench({ ...given({ ...options, viewPx: size, planOnly: plan }) }, context);
      const text = benchMarkdown(report);
      if (out !== undefined) await writeFile(out, `${text}\n`);
      output.result(report, () => text);
    });
}

/** The report as Markdown. A software adapter and a plan are named in the heading of every table. */
export function benchMarkdown(report: BenchReport): string {
  const { device, step, bytes } = report;
  const where =
    device === null
      ? 'planned, not measured'
      : `${device.name}${device.isSoftware ? ' (software or processor, no GPU)' : ''}, ${device.precision}`;
  const total = bytes === null ? 0 : bytes.weights + bytes.optimiser + bytes.activations + bytes.workspace;
  const operations = report.kernels.reduce((sum, kernel) => sum + kernel.floatOperations, 0);
  const traffic = report.kernels.reduce((sum, kernel) => sum + kernel.byteLength, 0);
  return [
    `### ${report.engine}: ${report.network}, ${report.viewPx} px, batch ${report.batch} triplets, ${report.precision} – ${where}`,
    '',
    ...(device === null ? [] : [`${report.machine}. ${device.reason}`, '']),
    ...(step === null
      ? []
      : [
          `${step.tripletsPerSecond.toFixed(2)} triplets/s: ${step.milliseconds.median.toFixed(2)} ms a step, ` +
            `${step.milliseconds.minimum.toFixed(2)} to ${step.milliseconds.maximum.toFixed(2)} over ${step.repeats} repeats ` +
            `of ${step.steps} steps after ${step.warmupSteps} (${step.covers}).`,
          '',
        ]),
    ...(report.diskToTrained === null
      ? []
      : [
          `From tiles on disk: ${report.diskToTrained.tripletsPerSecond.toFixed(2)} triplets/s, ` +
            `${report.diskToTrained.milliseconds.median.toFixed(2)} ms a step (reading alone ${report.diskToTrained.readMilliseconds.toFixed(2)} ms).`,
          '',
        ]),
    ...(bytes === null || total === 0
      ? []
      : [
          `Memory ${mebibytes(total)} MiB: weights ${mebibytes(bytes.weights)}, optimiser ${mebibytes(bytes.optimiser)}, ` +
            `activations ${mebibytes(bytes.activations)}, workspace ${mebibytes(bytes.workspace)}.`,
          '',
        ]),
    ...phaseTable(report, where),
    ...(report.kernels.length === 0
      ? []
      : [
          `One step computes ${(operations / 1e12).toFixed(3)} TFLOP and moves ${(traffic / 1e9).toFixed(2)} GB. Kernels (${where}):`,
          '',
          '| kernel | shape | phase | calls | GFLOP | MB | ms | TFLOP/s | GB/s |',
          '| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
          ...report.kernels.map(
            (row) =>
              `| ${row.name} | ${row.label} | ${row.phase} | ${row.calls} | ${(row.floatOperations / 1e9).toFixed(2)} | ` +
              `${(row.byteLength / 1e6).toFixed(1)} | ${show(row.milliseconds)} | ${show(row.teraflopsPerSecond)} | ${show(row.gigabytesPerSecond)} |`,
          ),
        ]),
  ].join('\n');
}

function phaseTable({ phaseMilliseconds }: BenchReport, where: string): string[] {
  const phases = Object.entries(phaseMilliseconds);
  if (phases.length === 0) return [];
  const rows = phases.map(([phase, time]) => `| ${phase} | ${show(time)} |`);
  return [
    `Phases by timestamp queries, one pass a kernel (${where}):`,
    '',
    '| phase | ms |',
    '| --- | ---: |',
    ...rows,
    '',
  ];
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function show(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
