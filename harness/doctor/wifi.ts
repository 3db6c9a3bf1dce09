import { readWifiCredentials, secretsFileName } from '../bench/wifi-credentials.ts';
import { HilError } from '../errors.ts';
import { broken, missing, ok, type Check, type Subject } from './finding.ts';

const subject: Subject = {
  id: 'wifi-credentials',
  name: 'Wi-Fi credentials',
  neededFor: 'a firmware that asks for its network (--provision)',
  tiers: [],
};

/** Whether the bench has credentials to give. Never shows the password. */
export const checkWifiCredentials: Check = ({ root, env }) => {
  try {
    // A copy: reading takes the password out.
    const { credentials, warning } = readWifiCredentials(root, { ...env });
    if (credentials === undefined) {
      const remedy = `set HIL_WIFI_SSID and HIL_WIFI_PASSWORD, or write ${secretsFileName}`;
      return Promise.resolve([missing(subject, remedy, 'none given')]);
    }
    const found = `network "${credentials.ssid}"`;
    if (warning === undefined) return Promise.resolve([ok(subject, found)]);
    return Promise.resolve([
      broken(subject, `${found}; other users may read the password`, `chmod 600 ${root}/${secretsFileName}`),
    ]);
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    return Promise.resolve([broken(subject, error.story.what, error.story.next ?? 'correct it')]);
  }
};
