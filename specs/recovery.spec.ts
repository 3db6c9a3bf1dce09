import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('recovery.server', 'is acked again within 0.5 s of a server restart', bounds.backAfterMs, async (dut) => {
  const { backAfter } = await dut.afterServerRestart({ downMs: 500 });
  return backAfter;
});

claim('recovery.silence', 'keeps on sending while 5 acks stay away', bounds.missingSends, async (dut) => {
  const { observation } = await dut.afterAckSilence({ count: 5 });
  return observation.missingSends;
});

claim('recovery.silence-end', 'logs acks again within 0.5 s of an ack silence', bounds.backAfterMs, async (dut) => {
  const { backAfter } = await dut.afterAckSilence({ count: 5 });
  return backAfter;
});

claim('recovery.reset', 'is back on cadence within 5 s of a reset', bounds.backAfterResetMs, async (dut) => {
  const { backAfter } = await dut.afterReset();
  return backAfter;
});
