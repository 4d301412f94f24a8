import { describe, expect, test } from 'vitest';
import { fileFault } from '../../../../src/snapshots/store/file-fault.ts';
import { storeError } from '../../../../src/snapshots/store/store-error.ts';

const fault = { place: 's3://b/p', doing: 'list "a/"' };

describe('an error of a store', () => {
  test('is a sentence with the place, the act and the cause', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:9000.');
    const error = storeError('unreachable', { ...fault, cause });
    expect(error.message).toBe(
      'The snapshot store s3://b/p cannot list "a/": it does not answer ' +
        '(connect ECONNREFUSED 127.0.0.1:9000).',
    );
    expect(error).toMatchObject({ code: 'E2D_STORE_UNREACHABLE', exit: 1, cause });
    expect(storeError('full', fault).message).toBe(
      'The snapshot store s3://b/p cannot list "a/": there is no space left.',
    );
  });

  test('tells a remedy of its own, or the one that is known better', () => {
    expect(storeError('denied', fault).remedy).toContain('credentials');
    expect(storeError('denied', { ...fault, remedy: 'Ask.' }).remedy).toBe('Ask.');
    expect(storeError('denied', { ...fault, cause: new Error('x'), detail: 'y' }).message).toMatch(
      /\(y\)\.$/,
    );
  });

  test.each([
    ['ENOSPC', 'FULL'],
    ['EDQUOT', 'FULL'],
    ['EACCES', 'DENIED'],
    ['EPERM', 'DENIED'],
    ['EROFS', 'DENIED'],
    ['ENOENT', 'MISSING'],
    ['EEXIST', 'EXISTS'],
    ['EIO', 'FAILED'],
    ['ESTALE', 'FAILED'],
    ['', 'FAILED'],
  ])('stands for %s of the system as E2D_STORE_%s', (code, word) => {
    const cause = Object.assign(new Error('failed'), { code });
    expect(fileFault(cause, fault.place, fault.doing).code).toBe(`E2D_STORE_${word}`);
  });

  test('stays what it is', () => {
    const error = storeError('full', fault);
    expect(fileFault(error, 'elsewhere', 'do it')).toBe(error);
  });
});
