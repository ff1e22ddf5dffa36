import { startSession, type Session, type SessionOptions } from '../host/editor-session.ts';

/**
 * An editor for all tests of a block; a failed one leaves a picture of the window in out/ui. For `npm run demo`
 * (test/host/demo.ts) every step leaves one.
 */
export function editorSession(
  name: string,
  options: SessionOptions | (() => Promise<SessionOptions>) = {},
): () => Session {
  let session: Session;
  before(async () => {
    session = await startSession(typeof options === 'function' ? await options() : options);
  });
  afterEach(async function () {
    const picture =
      this.currentTest?.state === 'failed' ? `out/ui/${name}.png` : process.env.PAT_VAULT_PICTURE;
    if (picture === undefined || session.workbench.page.isClosed()) return;
    await session.workbench.screenshot(picture);
  });
  after(() => session.stop());
  return () => session;
}

/** Settings under which the sandbox is connected from the start. */
export const withSandbox = {
  'patVault.servers': [{ id: 'sandbox', kind: 'sandbox', name: 'Sandbox' }],
} as const;

/** The quick way to a token of the sandbox: its name, and the validity that is offered first. */
export async function createQuickly({ workbench }: Session, name: string): Promise<void> {
  await workbench.view('Tokens').chooseFromMenu('Sandbox', 'Create Token by Keyboard…');
  await workbench.quickInput.enter('Name', name);
  await workbench.quickInput.pick('Validity', '14 days');
  await workbench.view('Tokens').row(name).waitFor();
}
