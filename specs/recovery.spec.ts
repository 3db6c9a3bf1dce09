import { acksFromNowhere, backAfterMs, missingSends } from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('recovery.server', 'is back within 0.5 s of a server restart', bounds.backAfterMs, async (dut) => {
  const { observation, disturbance } = await dut.afterServerRestart({ downMs: 500 });
  return backAfterMs(observation, disturbance);
});

claim('recovery.silence', 'keeps on sending while 5 acks stay away', bounds.missingSends, async (dut) => {
  const { observation } = await dut.afterAckSilence();
  return missingSends(observation);
});

claim('recovery.honest', 'logs no ack that it was not sent', bounds.acksFromNowhere, async (dut) => {
  const { observation } = await dut.afterAckSilence();
  return acksFromNowhere(observation);
});

claim('recovery.reset', 'is back within 5 s of a reset', bounds.backAfterResetMs, async (dut) => {
  const { observation, disturbance } = await dut.afterReset();
  return backAfterMs(observation, disturbance);
});

claim(
  'recovery.brownout',
  'is back within 5 s of a brown-out',
  bounds.backAfterResetMs,
  async (dut) => {
    const { observation, disturbance } = await dut.afterBrownout();
    return backAfterMs(observation, disturbance);
  },
  { needs: ['brownout'] },
);

claim(
  'recovery.watchdog',
  'is back within 5 s of a hang that its watchdog ended',
  bounds.backAfterResetMs,
  async (dut) => {
    const { observation, disturbance } = await dut.afterWatchdog();
    return backAfterMs(observation, disturbance);
  },
  { needs: ['interrupt-watchdog'] },
);
