import { mkdir } from 'node:fs/promises';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { installChromium } from './install-chromium.ts';
import { killAll, processes, tree } from './processes.ts';
import type { CodeServer } from './code-server.ts';

export interface Browser {
  readonly context: BrowserContext;
  /** Closes it properly: what pages wrote to their storage is kept. */
  close(): Promise<void>;
  /** SIGKILL: what was not yet on disk is lost. */
  kill(): Promise<void>;
}

export interface PageOptions {
  /** Folders of extensions to load from source. They ignore Restricted Mode and are not restarted after a crash. */
  readonly extensions?: readonly string[];
  /** A module exporting `run(): Promise<void>` for the extension host. No modal dialog opens with it. */
  readonly extensionTestsPath?: string;
  /** The display language. Without a language pack the workbench stays English, and extensions follow. */
  readonly language?: string | undefined;
}

/** Opens a browser that finds again what it kept in `profile`, secrets included. */
export async function openBrowser(profile: string): Promise<Browser> {
  const { executable, env } = await installChromium();
  await mkdir(profile, { recursive: true });
  const context = await chromium.launchPersistentContext(profile, {
    ...(executable === undefined ? { channel: 'chrome' } : { executablePath: executable }),
    env: { ...(process.env as Record<string, string>), ...env },
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(15_000);
  return {
    context,
    close: () => context.close(),
    kill: async () => {
      const gone = new Promise((resolve) => context.once('close', resolve));
      for (const { pid, command } of processes()) {
        if (command.includes(`--user-data-dir=${profile}`)) killAll(tree(pid));
      }
      await gone;
    },
  };
}

/** Opens a window of the editor and waits until its workbench is drawn. */
export async function openPage(
  browser: Browser,
  server: CodeServer,
  options: PageOptions = {},
): Promise<Page> {
  // A browser starts with one blank page: use it up, or it stays as a second window.
  const blank = browser.context.pages().find((one) => one.url() === 'about:blank');
  const page = blank ?? (await browser.context.newPage());
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], {
    origin: `http://${server.authority}`,
  });
  const resource = (path: string): object => ({ scheme: 'vscode-remote', authority: server.authority, path });
  if (options.extensions !== undefined || options.extensionTestsPath !== undefined) {
    const developmentOptions = {
      extensions: options.extensions?.map(resource),
      extensionTestsPath: options.extensionTestsPath && resource(options.extensionTestsPath),
    };
    await page.addInitScript({ content: addDevelopmentOptions(developmentOptions) });
  }
  if (options.language !== undefined) {
    const language = JSON.stringify(options.language);
    await page.addInitScript({ content: `globalThis._VSCODE_NLS_LANGUAGE = ${language}` });
  }
  await page.goto(server.url, { waitUntil: 'domcontentloaded' });
  await workbenchDrawn(page);
  return page;
}

export async function workbenchDrawn(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60_000 });
}

/**
 * Runs in the page before its scripts. The built workbench ignores what the address says of development extensions,
 * and intercepting the page breaks its WebSockets, so its configuration is changed as soon as it is parsed.
 * Text and no function: nothing else here knows the types of a page.
 */
function addDevelopmentOptions(developmentOptions: object): string {
  return `new MutationObserver((_, observer) => {
    const configuration = document.querySelector('#vscode-workbench-web-configuration');
    if (!configuration) return;
    observer.disconnect();
    const settings = JSON.parse(configuration.getAttribute('data-settings'));
    settings.developmentOptions = ${JSON.stringify(developmentOptions)};
    configuration.setAttribute('data-settings', JSON.stringify(settings));
  }).observe(document, { childList: true, subtree: true });`;
}
