import { toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import { optionOf } from '../config/options.ts';

/** The flags of every command. */
export const commonFlags = {
  help: option(toggle, { group: 'Output', help: 'show this help', short: 'h' }),
  verbose: optionOf('verbose'),
};
