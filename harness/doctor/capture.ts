import { findCapturer, permitCommand } from '../capture/find-capturer.ts';
import { broken, missing, ok, type Check, type Subject } from './finding.ts';

const subject: Subject = {
  id: 'capture',
  name: 'Packet capture',
  neededFor: 'the wire beside a run: --capture',
  tiers: [],
};

/** Whether dumpcap or tcpdump is there and may capture: as root, or by a capability of its file. */
export const checkCapture: Check = async ({ install, signal }) => {
  const capturer = await findCapturer(signal);
  if (capturer === undefined) {
    return [missing(subject, install({ apt: 'tcpdump' }), 'no dumpcap, no tcpdump')];
  }
  const { command, version, permission } = capturer;
  if (permission !== undefined) return [ok(subject, `${command} ${version}, ${permission}`)];
  return [broken(subject, `${command} is there, and this user may not capture`, permitCommand(capturer))];
};
