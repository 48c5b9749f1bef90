/** doctor: what this machine has, what will run and whether it computes rightly, in plain words. */
import type { Command } from 'commander';
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
          `self-test  ${report.selfTest.passed ? 'passed' : 'FAILED'}: ${report.selfTest.text}`,
          report.sentence,
        ].join('\n'),
      );
    });
}
