/** Opens the console at the path given, says so, and stays: a harness for tests to kill. */
import { join } from 'node:path';
import { startSerialMonitor } from '../serial-monitor.ts';

const [path = '', folder = ''] = process.argv.slice(2);

void startSerialMonitor({
  path,
  baudRate: 115200,
  rawFile: join(folder, 'serial.log'),
  eventsFile: join(folder, 'serial.jsonl'),
  onLine: () => undefined,
  onLost: () => undefined,
}).then(() => process.stdout.write('open\n'));
