import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../../src/cli/read-arguments.ts';
import { options } from '../../../src/config/options.ts';

function read(...args: readonly string[]) {
  const { given, positionals, problems } = readArguments(args, options);
  return {
    given: given.map(({ option, origin, text }) => `${origin} -> ${option}=${text}`),
    positionals,
    problems,
  };
}

describe('forms of a flag', () => {
  test.each([
    [['--name', 'm1'], '--name -> name=m1'],
    [['--name=m1'], '--name -> name=m1'],
    [['--name=a=b'], '--name -> name=a=b'],
    [['-n', '3'], '-n -> required-cluster-size=3'],
    [['-n3'], '-n -> required-cluster-size=3'],
    [['-n=3'], '-n -> required-cluster-size=3'],
    [['--verbose'], '--verbose -> verbose=true'],
    [['-v'], '-v -> verbose=true'],
    [['--verbose=false'], '--verbose -> verbose=false'],
    [['--max-removals-per-hour', '-1'], '--max-removals-per-hour -> max-removals-per-hour=-1'],
    [['--healthcheck-timeout', '1m'], '--healthcheck-timeout -> health-check-timeout=1m'],
    [
      ['--etcd-extra-args', '--max-txn-ops=2'],
      '--etcd-extra-args -> etcd-extra-args=--max-txn-ops=2',
    ],
  ])('%j', (args, expected) => {
    expect(read(...args)).toEqual({ given: [expected], positionals: [], problems: [] });
  });

  test('values stay the texts they are', () => {
    const value = fc.string({ minLength: 1 }).filter((text) => !text.startsWith('-'));
    fc.assert(
      fc.property(value, (text) => {
        const expected = [{ option: 'name', origin: '--name', text }];
        expect(readArguments(['--name', text], options).given).toEqual(expected);
        expect(readArguments([`--name=${text}`], options).given).toEqual(expected);
      }),
    );
    expect(read('--name', '007', '--host', '1e3').given).toEqual([
      '--name -> name=007',
      '--host -> host=1e3',
    ]);
  });

  test('repeated flags are all given, in order', () => {
    expect(read('--name', 'a', '--name', 'b').given).toHaveLength(2);
  });

  test('a switch takes no value', () => {
    expect(read('--verbose', 'x').positionals).toEqual(['x']);
  });

  test('what follows -- is no flag', () => {
    expect(read('-v', '--', '--name', '-').positionals).toEqual(['--name', '-']);
  });
});

describe('what is wrong', () => {
  test.each([
    [['--naem', 'x'], '--naem is not a flag of this command. Did you mean --name?'],
    [['--naem=x'], '--naem is not a flag of this command. Did you mean --name?'],
    [['-x'], '-x is not a flag of this command.'],
    [['--name'], /^--name needs a value: at most 63 letters/],
    [['--name='], /^--name needs a value/],
    [['--name', '--verbose'], /^--name needs a value/],
    [['--name', '--host=h'], /^--name needs a value/],
    [['--name', '--', 'x'], /^--name needs a value/],
  ])('%j', (args, expected) => {
    expect(read(...args).problems).toEqual([
      expected instanceof RegExp ? expect.stringMatching(expected) : expected,
    ]);
  });

  test('is all found in one pass', () => {
    const { problems, given } = read('--aa', '1', '--name', '--bb', '-n', '3', '--host');
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['--aa', '--host']);
    // "--bb" is not ours, so that it may be meant as a value; as a name it is refused later.
    expect(given).toEqual(['--name -> name=--bb', '-n -> required-cluster-size=3']);
  });

  test('nothing makes it throw', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--name', '-n', '--', '-', '--=', '-v'));
    fc.assert(
      fc.property(fc.array(word), (args) => {
        const { given, positionals, problems } = readArguments(args, options);
        expect(given.length + positionals.length + problems.length).toBeLessThanOrEqual(
          args.length,
        );
      }),
    );
  });
});

test('a former spelling is understood with a warning', () => {
  expect(readArguments(['--healthcheck-timeout=1m'], options).warnings).toEqual([
    '--healthcheck-timeout is the former name of --health-check-timeout; please use the new one.',
  ]);
});
