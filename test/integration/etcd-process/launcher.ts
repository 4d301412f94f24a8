/** Launches an etcd as told by its argument, says its number, and stays until it is killed. */
import { type LaunchOptions, launchEtcd } from '../../../src/etcd/process/launch.ts';

const options = JSON.parse(process.argv[2] ?? '') as LaunchOptions;
const etcd = await launchEtcd(options);
process.stdout.write(`${etcd.pid}\n`);
setInterval(() => undefined, 1000);
