/**
 * What goes wrong in a page without a person seeing it: console errors, uncaught errors, failed requests, violations of the
 * content security policy. A spec fails for each that it did not name beforehand as expected.
 */
import type { BrowserContext, Page } from '@playwright/test';

/** Requests, sockets and calls while the core is gone. */
export const lostConnection = [
  /ERR_CONNECTION_REFUSED/,
  /WebSocket connection to .* failed/,
  /ERR_CONNECTION_RESET/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_SOCKET_NOT_CONNECTED/,
  /ERR_INCOMPLETE_CHUNKED_ENCODING/,
  /ERR_CONTENT_LENGTH_MISMATCH/,
  // The desktop app answers for a core that is away.
  /answer: 503 app:/,
];

export class PageProblems {
  private readonly found: string[] = [];
  private readonly expected: RegExp[] = [];

  static async watch(context: BrowserContext): Promise<PageProblems> {
    const problems = new PageProblems();
    await problems.add(context);
    return problems;
  }

  /** Another host's windows, also those that are open already. */
  async add(context: BrowserContext): Promise<void> {
    // Through the console, which is watched anyway, and which the policy cannot forbid.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        // eslint-disable-next-line no-console -- it runs in the page; the console is how word comes here
        console.error(
          `Policy violated: ${event.violatedDirective} by ${event.blockedURI || 'inline'} ${event.sourceFile}`,
        );
      });
    });
    context.on('page', (page) => this.watchPage(page));
    for (const page of context.pages()) this.watchPage(page);
  }

  /** From now on problems that match are part of the story. */
  expect(...patterns: readonly RegExp[]): void {
    this.expected.push(...patterns);
  }

  /** All that nobody expected. */
  unexpected(): string[] {
    return this.found.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }

  private watchPage(page: Page): void {
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.found.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.found.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown';
      // The page leaves tiles it does not need any more, and a reload leaves everything.
      if (reason !== 'net::ERR_ABORTED') this.found.push(`request: ${reason} ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.found.push(`answer: ${response.status()} ${response.url()}`);
    });
  }
}
