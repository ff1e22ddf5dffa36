import assert from 'node:assert/strict';
import { join } from 'node:path';
import { initialDraft, problemsOf } from '../../src/core/form.ts';
import type { Http } from '../../src/core/ports.ts';
import { http } from '../../src/servers/http.ts';
import { sailpoint } from '../../src/servers/sailpoint.ts';
import type { PatServer } from '../../src/servers/server.ts';
import { root } from '../host/folders.ts';
import { type Prism, startPrism } from './prism.ts';
import { observed } from './proven.ts';
import { pagesIn, secretsOf } from './scripted.ts';

const FILES = join(root, 'test/servers/sailpoint/idn');
const { signal } = new AbortController();
const nothingAsked = () => Promise.reject(new Error('asked'));

/** The version, SailPoint's own file for it, and whether a token's expiry can be changed there. */
const versions = [
  { version: 'v3', file: 'pat-v3.yaml', canChangeExpiry: false },
  { version: 'v2025', file: 'pat-v2025.yaml', canChangeExpiry: true },
  { version: 'v1', file: 'apis/personal-access-tokens/openapi.yaml', canChangeExpiry: true },
] as const;

for (const { version, file, canChangeExpiry } of versions) {
  /**
   * Prism refuses calls that SailPoint's file does not allow, and answers with what it describes. Some of its own
   * examples are not as it describes them (v3: an expirationDate), so that answers are not held to it.
   */
  describe(`sailpoint ${version}, against SailPoint’s own specification`, () => {
    let prism: Prism;
    let server: PatServer;

    before(async () => {
      prism = await startPrism('mock', join(FILES, file));
      const address = new URL(`https://acme.example/${version}`);
      const credential = await sailpoint.signIn(
        address,
        secretsOf({ clientId: 'client', secret: 'secret' }),
        { http: toPrism, clock },
        signal,
      );
      const ports = { http: toPrism, clock };
      server = observed(
        'sailpoint',
        `specification ${version}`,
        sailpoint.connect(address, credential, ports),
      );
    });
    after(() => prism.stop());

    const clock = { now: Date.now };

    /** The file describes neither the exchange nor the version in the path. */
    const toPrism: Http = async (request) => {
      if (request.url.pathname === '/oauth/token') {
        const text = JSON.stringify({ access_token: 'bearer', expires_in: 700, token_type: 'bearer' });
        return { status: 200, text, header: () => undefined };
      }
      const path = version === 'v1' ? request.url.pathname : request.url.pathname.replace(`/${version}`, '');
      const answer = await http({ ...request, url: new URL(path + request.url.search, prism.address) });
      const noted = JSON.parse(answer.header('sl-violations') ?? '[]') as { location: string[] }[];
      assert.deepEqual(
        noted.filter(({ location }) => location[0] === 'request'),
        [],
      );
      assert.ok(answer.status < 400, `${request.method} ${path}: ${answer.status} ${answer.text}`);
      return answer;
    };

    it('lists one’s own tokens and everybody’s', async () => {
      for (const owner of ['me', 'all'] as const) {
        const [token] = (await pagesIn(server.tokens({ owner }, signal))).flat();
        assert.ok(token);
        assert.equal(token.name, 'NodeJS Integration');
        assert.equal(token.owner?.name, 'Support');
        assert.ok(typeof token.created === 'number');
      }
    });

    it('lets the server look for tokens never used, and for those of one owner', async () => {
      const filter = { neverUsed: true, ownerId: '2c9180867b50d088017b554662fb281e' } as const;
      await pagesIn(server.tokens({ owner: 'all', filter }, signal));
      await pagesIn(server.tokens({ owner: 'all', filter: { unusedSince: clock.now() } }, signal));
    });

    it('creates by its form, and stores the pair', async () => {
      const form = await server.form(signal);
      const draft = {
        ...initialDraft(form, clock.now()),
        name: 'ci',
        scopes: ['idn:sources:read'],
        validity: 15,
      };
      assert.deepEqual(problemsOf(form, draft, clock.now()), []);
      const { token, bundle } = await server.create(draft, nothingAsked, signal);
      assert.deepEqual(Object.keys(bundle).sort(), ['clientId', 'secret']);
      assert.equal(bundle.clientId?.reveal(), token.id);
    });

    it('creates tokens for ever where the version has them', async () => {
      const form = await server.form(signal);
      const draft = { ...initialDraft(form, clock.now()), name: 'ci', expires: null };
      const isPossible = problemsOf(form, draft, clock.now()).length === 0;
      assert.equal(isPossible, canChangeExpiry);
      if (isPossible) await server.create(draft, nothingAsked, signal);
    });

    it('changes what the version lets one change', async () => {
      const [listed] = (await pagesIn(server.tokens({ owner: 'me' }, signal))).flat();
      assert.ok(listed);
      const token = { ...listed, status: 'active', managed: false } as const;
      const form = await server.changeForm(token, signal);
      assert.ok(form);
      assert.equal(
        form.fields.some(({ name }) => name === 'expires'),
        canChangeExpiry,
      );
      const draft = {
        ...initialDraft(form, clock.now()),
        name: 'renamed',
        scopes: ['idn:sources:read'],
        ...(canChangeExpiry ? { expires: clock.now() + 86_400_000 } : {}),
      };
      assert.equal((await server.change(token, draft, signal)).id, token.id);
    });

    it('deletes', async () => {
      assert.deepEqual(await server.revoke({ id: 'ef38f94347e94562b5bb8424a56397d8' }, signal), {
        outcome: 'deleted',
      });
    });
  });
}
