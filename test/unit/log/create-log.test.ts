import { describe, expect, test } from 'vitest';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { createLog, type LogOptions } from '../../../src/log/create-log.ts';

async function logged(level: LogOptions['level'] = 'info', format: LogOptions['format'] = 'json') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = await createLog({ level, format, destination });
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? '') };
}

describe('a line', () => {
  test('has the level by name, the time in ISO form, the fields and the sentence', async () => {
    const { log, last } = await logged();
    log.info({ member: 'm1' }, 'Member added.');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      member: 'm1',
      msg: 'Member added.',
    });
  });

  test('shows an error with its code and remedy', async () => {
    const { log, last } = await logged();
    log.error({ err: new E2dError('No.', { code: 'E2D_X', remedy: 'Do.' }) }, 'Failed.');
    expect(last()).toMatchObject({ err: { message: 'No.', code: 'E2D_X', remedy: 'Do.' } });
  });

  test.each([
    [{ token: 'hunter2' }],
    [{ config: { secretKey: 'hunter2' } }],
    [{ config: { aws: { secret: 'hunter2' } } }],
  ])('never shows the secret in %j', async (fields) => {
    const { log, lines } = await logged();
    log.info(fields, 'Loaded.');
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('***');
  });
});

test('the level can be changed while it runs', async () => {
  const { log, lines } = await logged('warn');
  log.info('hidden');
  log.level = 'debug';
  log.debug('shown');
  expect(lines).toHaveLength(1);
});

test('nothing in a line for people steers their terminal', async () => {
  const { log, lines } = await logged('info', 'pretty');
  const hostile = 'a\u001b]0;title\u0007b\u009b2J\u202e';
  log.warn({ name: hostile, err: new Error(hostile) }, `Refused: ${hostile}.`);
  const told = lines.join('');
  expect(told).toMatch(/Refused: a\??\]0;title\??b\??2J\?\./);
  const colours = /\p{Cc}\[[\d;]*m/gu;
  expect(told.replaceAll(colours, '')).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});
