/**
 * Writes the tables of docs/engine.md, so that no number there is typed by hand.
 *   node build/launch.js --run build/update-engine-docs.ts [REPORT.json ...]
 * The plans are counted here; each REPORT.json is the output of `trefoil bench --json` on some machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { benchReport, type BenchReport } from '#common/contract/bench.ts';
import { planStep } from '#main/engine/bench/plan-step.ts';
import { networks } from '#main/engine/port.ts';

const target = fileURLToPath(new URL('../docs/engine.md', import.meta.url));
const mebibytes = (bytes: number): string => Math.round(bytes / 2 ** 20).toLocaleString('en');

function planTable(): string {
  const cases = [
    ['resnet50', 128, 128],
    ['resnet50', 224, 128],
    ['resnet18', 128, 64],
    ['resnet18-narrow', 64, 32],
  ] as const;
  const rows = cases.map(([network, viewPx, batch]) => {
    const step = { network: networks[network], method: 'simtriplet', viewPx, batch, precision: 'f16' } as const;
    const { bytes, kernels } = planStep(step);
    const total = bytes.weights + bytes.optimiser + bytes.activations + bytes.workspace;
    const sum = (of: (kernel: (typeof kernels)[number]) => number): number =>
      kernels.reduce((all, kernel) => all + of(kernel), 0);
    return `| ${network}, ${viewPx} px, batch ${batch} | ${mebibytes(bytes.weights)} | ${mebibytes(bytes.optimiser)} | ${mebibytes(bytes.activations)} | ${mebibytes(bytes.workspace)} | ${(total / 2 ** 30).toFixed(2)} | ${sum(({ calls }) => calls)} | ${(sum(({ floatOperations }) => floatOperations) / 1e12).toFixed(3)} | ${(sum(({ byteLength }) => byteLength) / 1e9).toFixed(1)} |`;
  });
  return [
    'A planned step in mixed precision, multiply-add family, MiB:',
    '',
    '| step | weights | optimiser | activations | workspace | GiB in all | kernels | TFLOP | GB moved |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** Where the operations and the traffic of the published recipe's step are, by kind of kernel. */
function shareTable(): string {
  const { kernels } = planStep({
    network: networks.resnet50,
    method: 'simtriplet',
    viewPx: 128,
    batch: 128,
    precision: 'f16',
  });
  const kinds = new Map<string, { calls: number; operations: number; bytes: number }>();
  for (const { name, calls, floatOperations, byteLength } of kernels) {
    const kind = kinds.get(name) ?? { calls: 0, operations: 0, bytes: 0 };
    kinds.set(name, {
      calls: kind.calls + calls,
      operations: kind.operations + floatOperations,
      bytes: kind.bytes + byteLength,
    });
  }
  const rows = [...kinds]
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(
      ([name, { calls, operations, bytes }]) =>
        `| ${name} | ${calls} | ${(operations / 1e9).toFixed(1)} | ${(bytes / 1e9).toFixed(2)} |`,
    );
  const head = ['| kernel | calls | GFLOP | GB moved |', '| --- | ---: | ---: | ---: |'];
  return ['The same step of resnet50, 128 px, batch 128 by kernel:', '', ...head, ...rows].join('\n');
}

function measuredTable(reports: readonly BenchReport[]): string {
  const rows = reports.map((report) => {
    const { engine, device, network, viewPx, batch, step } = report;
    const where =
      device === null
        ? 'no device'
        : `${device.name}${device.isSoftware ? ' **(software or processor, no GPU)**' : ''}, ${device.precision}`;
    const ms = step?.milliseconds;
    return `| ${engine} | ${where} | ${network}, ${viewPx} px, batch ${batch} | ${ms === undefined ? '-' : `${ms.median.toFixed(1)} (${ms.minimum.toFixed(1)} to ${ms.maximum.toFixed(1)})`} | ${step?.tripletsPerSecond.toFixed(2) ?? '-'} | ${report.diskToTrained?.tripletsPerSecond.toFixed(2) ?? '-'} | ${step?.covers ?? '-'} |`;
  });
  const head = [
    '| engine | on | step | ms a step (range) | triplets/s | from disk | the step covers |',
    '| --- | --- | --- | ---: | ---: | ---: | --- |',
  ];
  return ['Measured by `trefoil bench`:', '', ...head, ...rows].join('\n');
}

const reports = process.argv.slice(2).map((path) => benchReport.parse(JSON.parse(readFileSync(path, 'utf8'))));
const tables = [planTable(), shareTable(), ...(reports.length === 0 ? [] : [measuredTable(reports)])].join('\n\n');
const [before = '', rest = ''] = readFileSync(target, 'utf8').split('<!-- tables -->');
const after = rest.split('<!-- /tables -->')[1] ?? '';
writeFileSync(target, `${before}<!-- tables -->\n\n${tables}\n\n<!-- /tables -->${after}`);
