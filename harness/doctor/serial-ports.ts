import { access, constants, readFile, stat } from 'node:fs/promises';
import { listPorts, type ListedPort } from '../serial/list-ports.ts';
import { broken, missing, ok, type Check, type Finding, type Subject } from './finding.ts';

const subject: Subject = {
  id: 'serial-ports',
  name: 'Serial ports',
  neededFor: 'a real board on this machine',
  tiers: ['board'],
};

/** The ports that look like ESP32 boards, and whether this user may open them. Opens none: that would reset a board. */
export const checkSerialPorts: Check = async () => {
  const ports = (await listPorts()).filter(({ bridge }) => bridge !== undefined);
  if (ports.length === 0) {
    return [missing(subject, 'plug a board in by a cable with data lines, or use rfc2217://HOST:PORT')];
  }
  return Promise.all(ports.map(checkPort));
};

async function checkPort(port: ListedPort): Promise<Finding> {
  const { path, bridge } = port;
  const ofPort = { ...subject, id: `serial-port ${path}`, name: 'Serial port' };
  const what = `${path}, ${bridge?.name ?? ''}`;
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return ok(ofPort, what);
  } catch {
    return broken(ofPort, `${what}: this user may not open it`, await explainPermission(port));
  }
}

/** The group that may; where it is root's alone, a udev rule has to say who may. */
async function explainPermission({ path, vendorId = '' }: ListedPort): Promise<string> {
  const { gid } = await stat(path);
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const group = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(groups)?.[1];
  if (group !== undefined && group !== 'root') return `sudo usermod -aG ${group} $USER\nlog in again`;
  const rule = `SUBSYSTEM=="tty", ATTRS{idVendor}=="${vendorId}", MODE="0660", GROUP="dialout"`;
  return `echo '${rule}' | sudo tee -a /etc/udev/rules.d/60-esp32.rules\nsudo udevadm control --reload && sudo udevadm trigger`;
}
