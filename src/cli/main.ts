#!/usr/bin/env node
import { runCli } from './run-cli.ts';
import { processTerminal } from './terminal.ts';

// Never process.exit: the process ends when its work has, with nothing left unwritten.
process.exitCode = await runCli(process.argv.slice(2), processTerminal());
