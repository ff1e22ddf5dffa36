import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { dateWriter, parseDay, spanOf } from '../../../src/core/dates.ts';
import { PatError } from '../../../src/core/errors.ts';
import { daysFrom, type Form, initialDraft, problemsOf } from '../../../src/core/form.ts';
import { formatReference, nameFrom, parseReference } from '../../../src/core/reference.ts';
import { Secret } from '../../../src/core/secret.ts';
import { conditionOf } from '../../../src/core/token.ts';
import { tokenLike } from '../../fakes/tokens.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it('prints as dots wherever it is printed', () => {
    const printed = [String(secret), ['a', secret].join(), JSON.stringify({ secret }), inspect({ secret })];
    for (const text of printed) {
      assert.ok(text.includes('•••'), text);
      assert.ok(!text.includes('hunter2'), text);
    }
  });

  it('comes out by reveal alone', () => {
    assert.equal(secret.reveal(), 'hunter2');
    assert.deepEqual(Object.values(secret), []);
  });
});

describe('a reference', () => {
  it('names server and alias', () => {
    assert.deepEqual(parseReference('pat://work-gitlab/ci-runner'), {
      server: 'work-gitlab',
      alias: 'ci-runner',
    });
    assert.equal(formatReference({ server: 'a', alias: 'b' }), 'pat://a/b');
  });

  for (const text of [
    '',
    'pat://',
    'pat://a',
    'pat://a/',
    'pat:///b',
    'PAT://a/b',
    'pat://A/b',
    'pat://a/b/c',
    'pat://a/b?x',
    'pat://u@a/b',
    'pat://a:1/b',
    'pat://a/%62',
    'pat://a/../b',
    'pat://-a/b',
    'pat://a/b-',
    ' pat://a/b',
    'pat://a/b\n',
    `pat://a/${'b'.repeat(65)}`,
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.throws(
        () => parseReference(text),
        (error) => PatError.is(error, 'bad-reference'),
      );
    });
  }

  it('gets its alias from any name', () => {
    const taken = new Set(['token', 'uber-uns']);
    assert.equal(nameFrom('CI Runner (prod)', taken, 'token'), 'ci-runner-prod');
    assert.equal(nameFrom('Über uns', taken, 'token'), 'uber-uns-2');
    assert.equal(nameFrom('日本', taken, 'token'), 'token-2');
    assert.doesNotThrow(() => parseReference(`pat://s/${nameFrom('x'.repeat(500), taken, 'token')}`));
  });
});

describe("a token's condition", () => {
  for (const [expires, condition] of [
    ['never', 'active'],
    [undefined, 'active'],
    [NOW + 20 * DAY, 'active'],
    [NOW + 14 * DAY, 'expiring-soon'],
    [NOW, 'expired'],
  ] as const) {
    it(`is ${condition} when it expires ${String(expires)}`, () => {
      assert.equal(conditionOf(tokenLike({ expires }), NOW, 14), condition);
    });
  }

  it("stays the server's when that says it is over", () => {
    assert.equal(
      conditionOf(tokenLike({ status: 'auto-revoked', expires: NOW + DAY }), NOW, 14),
      'auto-revoked',
    );
  });
});

describe('a form', () => {
  const base = { required: false, immutable: false };
  const form: Form = {
    notes: [],
    fields: [
      {
        ...base,
        name: 'name',
        label: 'Name',
        required: true,
        input: 'text',
        initial: '',
        maxLength: 10,
        multiline: false,
        unique: true,
      },
      {
        ...base,
        name: 'user',
        label: 'User',
        input: 'choice',
        initial: 'me',
        options: [{ value: 'me', label: 'Me' }],
      },
      {
        ...base,
        name: 'scopes',
        label: 'Scopes',
        input: 'many',
        initial: [],
        suggestions: [],
        freeEntry: true,
        format: 'scope',
      },
      {
        ...base,
        name: 'cidr',
        label: 'CIDR',
        input: 'many',
        initial: [],
        suggestions: [],
        freeEntry: true,
        format: 'cidr',
      },
      {
        ...base,
        name: 'expires',
        label: 'Validity',
        input: 'expiry',
        presets: [14],
        initial: 14,
        minDays: 1,
        before: Date.UTC(2038, 0, 19),
        never: false,
      },
      {
        ...base,
        name: 'subject',
        label: 'Subject',
        input: 'address',
        initial: 'https://x.test/',
        format: 'uri',
      },
      { ...base, name: 'referrer', label: 'Referrer', input: 'address', initial: '', format: 'host' },
      { ...base, name: 'readonly', label: 'Read-only', input: 'flag', initial: false },
    ],
  };
  const good = { ...initialDraft(form, NOW), name: 'ci' };

  it('accepts its own beginning once it has a name', () => {
    assert.deepEqual(problemsOf(form, good, NOW), []);
    assert.deepEqual(problemsOf(form, initialDraft(form, NOW), NOW), [{ field: 'name', kind: 'required' }]);
  });

  for (const [field, value, kind] of [
    ['name', 'x'.repeat(11), 'too-long'],
    ['name', 7, 'wrong-type'],
    ['user', 'root', 'not-an-option'],
    ['scopes', ['a b'], 'bad-scope'],
    ['cidr', ['10.0.0.0/33'], 'not-a-cidr'],
    ['cidr', ['10.0.0.256'], 'not-a-cidr'],
    ['expires', NOW - 1, 'past'],
    ['expires', NOW + DAY / 2, 'too-soon'],
    ['expires', Date.UTC(2038, 0, 19), 'too-late'],
    ['expires', null, 'never-not-allowed'],
    ['expires', Number.NaN, 'not-a-date'],
    ['subject', 'not an address', 'not-an-address'],
    ['subject', 'javascript:alert(1)', 'not-an-address'],
    ['referrer', 'https://x', 'not-a-host'],
    ['readonly', 'yes', 'wrong-type'],
  ] as const) {
    it(`refuses ${field} ${JSON.stringify(value)}: ${kind}`, () => {
      const problems = problemsOf(form, { ...good, [field]: value }, NOW);
      assert.deepEqual(
        problems.map((p) => [p.field, p.kind]),
        [[field, kind]],
      );
    });
  }

  for (const cidr of ['10.0.0.0/8', '127.0.0.1', '::1', '2001:db8::/32']) {
    it(`takes ${cidr} as a network`, () => {
      assert.deepEqual(problemsOf(form, { ...good, cidr: [cidr] }, NOW), []);
    });
  }

  it('keeps the time of day of a preset across a change of clocks', () => {
    const before = new Date(2026, 9, 20, 14, 5).getTime();
    const after = new Date(daysFrom(before, 14));
    assert.deepEqual(
      [after.getMonth(), after.getDate(), after.getHours(), after.getMinutes()],
      [10, 3, 14, 5],
    );
  });
});

describe('dates', () => {
  const at = Date.UTC(2026, 11, 8, 13, 5);
  const early = Date.UTC(2026, 11, 8, 3, 5);

  it('are YYYY-MM-DD with times in the habit of the user', () => {
    assert.equal(dateWriter('de', 'Europe/Berlin').dateTime(at), '2026-12-08 14:05');
    assert.equal(dateWriter('en-US', 'Europe/Berlin').dateTime(at), '2026-12-08 2:05 PM');
    assert.equal(dateWriter('en-GB', 'UTC').exact(at), '2026-12-08 13:05 (UTC)');
    assert.equal(dateWriter('en-GB', 'UTC').dateTime(early), '2026-12-08 03:05');
    assert.equal(dateWriter('en-US', 'UTC').dateTime(early), '2026-12-08 3:05 AM');
  });

  it('are read back only when they exist', () => {
    const like = new Date(2026, 0, 1, 9, 30).getTime();
    assert.equal(parseDay('2028-02-29', like), new Date(2028, 1, 29, 9, 30).getTime());
    for (const text of ['2027-02-29', '2026-13-01', '2026-1-1', 'tomorrow', ''])
      assert.equal(parseDay(text, like), undefined);
  });

  it('are spans in the largest unit that fits', () => {
    assert.deepEqual(spanOf(59 * 60_000), { count: 59, unit: 'minute' });
    assert.deepEqual(spanOf(36 * 3_600_000), { count: 36, unit: 'hour' });
    assert.deepEqual(spanOf(-14 * DAY), { count: 14, unit: 'day' });
  });
});
