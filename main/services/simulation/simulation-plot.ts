/** The curves of a simulation as one SVG: balanced accuracy over labels, bands over seeds. Plain markup, readable in print. */
import type { Simulation } from '#common/contract/labels.ts';

const width = 720;
const height = 420;
const margin = { left: 56, right: 180, top: 24, bottom: 48 };
/** Okabe and Ito's colours, told apart by every kind of colour vision. */
const colours = ['#000000', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'];

export function simulationPlot({ strategies, target }: Pick<Simulation, 'strategies' | 'target'>): string {
  const labels = strategies.flatMap(({ points }) => points.map((point) => point.labels));
  const values = strategies.flatMap(({ points }) =>
    points.flatMap(({ balancedAccuracy }) => [balancedAccuracy.low, balancedAccuracy.high]),
  );
  const least = Math.floor(Math.min(...values, target) * 20) / 20;
  const most = Math.ceil(Math.max(...values, target) * 20) / 20;
  const mostLabels = Math.max(...labels);
  const x = (count: number): number => margin.left + (count / mostLabels) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height - margin.bottom - ((value - least) / (most - least)) * (height - margin.top - margin.bottom);
  const at = (count: number, value: number): string => `${x(count).toFixed(1)},${y(value).toFixed(1)}`;
  const steps = Array.from({ length: Math.round((most - least) / 0.05) + 1 }, (_, index) => least + index * 0.05);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>Balanced accuracy by number of labels</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    ...steps.map(
      (value) =>
        `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/><text x="${margin.left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toFixed(2)}</text>`,
    ),
    ...[...new Set(labels)].map(
      (count) =>
        `<text x="${x(count).toFixed(1)}" y="${height - margin.bottom + 18}" text-anchor="middle">${count}</text>`,
    ),
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 8}" text-anchor="middle">labels</text>`,
    `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(target).toFixed(1)}" y2="${y(target).toFixed(1)}" stroke="#666" stroke-dasharray="6 4"/>`,
    ...strategies.flatMap(({ strategy, points }, index) => {
      const colour = colours[index % colours.length] ?? '#000';
      const upper = points.map((point) => at(point.labels, point.balancedAccuracy.high));
      const lower = points.map((point) => at(point.labels, point.balancedAccuracy.low)).reverse();
      const line = points.map((point) => at(point.labels, point.balancedAccuracy.value)).join(' ');
      const legend = margin.top + 16 + index * 20;
      return [
        `<polygon points="${[...upper, ...lower].join(' ')}" fill="${colour}" opacity="0.1"/>`,
        `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        `<line x1="${width - margin.right + 16}" x2="${width - margin.right + 40}" y1="${legend}" y2="${legend}" stroke="${colour}" stroke-width="2"/><text x="${width - margin.right + 48}" y="${legend + 4}">${strategy}</text>`,
      ];
    }),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}
