/** What is shown when core or page cannot be kept running: what happened, the log, and a way to try again. No script: a link does it. */
export const crashPath = '/crash';
export const restartPath = '/restart-core';

export interface Crash {
  readonly what: 'core' | 'page';
  readonly reason: string;
}

const words = {
  core: { title: "Trefoil's core has stopped", again: 'Start the core again', address: restartPath },
  page: { title: "Trefoil's page has stopped", again: 'Load the page again', address: '/' },
} as const;

export function crashPage({ what, reason }: Crash, log: string): string {
  const { title, again, address } = words[what];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trefoil</title><link rel="stylesheet" href="/crash.css"></head><body>
<main><h1>${title}</h1>
<p>It was started again several times and ended each time: ${escape(reason)}.</p>
<p>Your slides, labels and runs are on disk as they were last saved.</p>
<p><a href="${address}">${again}</a></p>
<h2>Log</h2><p>Please send these lines with a report; they hold no patient data but may hold file names.</p>
<pre>${escape(log)}</pre></main></body></html>`;
}

export const crashStyle =
  'body{font:14px/1.5 system-ui,sans-serif;margin:48px auto;max-width:880px;padding:0 24px;color:#1d1d1d;background:#f2f2f2}' +
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:16px;border:1px solid #dadada;background:#fff}' +
  '@media(prefers-color-scheme:dark){body{color:#ececec;background:#1b1b1b}pre{background:#242424;border-color:#3a3a3a}a{color:#6fd0c6}}';

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
