// Preloaded into an e2d under test: it kills itself with SIGKILL right after it has written a line
// of its event log, or renamed a file, that the armed pattern matches. See kill-switch.ts.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const armed = process.env.KILL_SWITCH_FILE;

function consider(text) {
  let pattern;
  try {
    pattern = fs.readFileSync(armed, 'utf8');
  } catch {
    return;
  }
  if (!new RegExp(pattern).test(text)) return;
  fs.rmSync(armed);
  process.kill(process.pid, 'SIGKILL');
}

const { writeSync } = fs;
fs.writeSync = (fd, data, ...rest) => {
  const written = writeSync(fd, data, ...rest);
  const text = String(data);
  if (text.startsWith('{"seq":')) consider(text);
  return written;
};

const { rename } = fs.promises;
fs.promises.rename = async (from, to) => {
  await rename(from, to);
  consider(`renamed ${from} to ${to}`);
};

syncBuiltinESMExports();
