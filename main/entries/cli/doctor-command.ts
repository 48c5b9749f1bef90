/** doctor: what this machine has, what will run and whether it computes rightly, in plain words. */
import type { Command } from 'commander';
import type { DoctorReport } from '#common/contract/app.ts';
import type { CommandEnvironment } from './program.ts';

export function addDoctorCommand(program: Command, { core, output, context }: CommandEnvironment): void {
  program
    .command('doctor')
    .description('what this machine has, which engine will run and why, and a numerical self-test')
    .action(async () => {
      const report = await core.app.doctor({}, context);
      output.result(report, () =>
        [
          `Trefoil ${report.version} on ${report.platform}, Node.js ${report.node}`,
          `${report.cores} cores, ${(report.memoryBytes / 2 ** 30).toFixed(1)} GiB memory`,
          `engine     ${report.engine.engine} (${report.engine.backend}, ${report.engine.precision})`,
          `why        ${report.engine.reason}`,
          ...gpuLines(report.gpu),
          `OpenSlide  ${report.openSlide ?? 'not found: MIRAX, Zeiss and Sakura slides cannot be read (docs/formats.md)'}`,
          `self-test  ${report.selfTest.passed ? 'passed' : 'FAILED'}: ${report.selfTest.text}`,
          report.sentence,
        ].join('\n'),
      );
    });
}

/** Features that decide something here; an adapter lists dozens. */
const telling = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix', 'timestamp-query'];

function gpuLines(gpu: DoctorReport['gpu']): string[] {
  if ('missing' in gpu) return [`GPU        ${gpu.missing}`];
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  const features = telling.filter((feature) => gpu.features.includes(feature));
  return [
    `GPU        ${gpu.description}${gpu.isSoftware ? ' (a software adapter: never chosen for real work)' : ''}`,
    `kernels    ${gpu.reason}`,
    `features   ${features.join(', ') || 'none of those that matter here'}`,
    `limits     one buffer ${mebibytes(gpu.maximumBufferBytes)}, one binding ${mebibytes(gpu.maximumBindingBytes)}, workgroup memory ${gpu.workgroupMemoryBytes / 1024} KiB`,
  ];
}
