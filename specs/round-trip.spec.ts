import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('round-trip.acked', 'every datagram is acked', bounds.unacked, async (dut) => {
  const { unacked } = await dut.steady();
  return unacked;
});

claim('round-trip.logged', 'every ack is logged by the device', bounds.unloggedAcks, async (dut) => {
  const { unloggedAcks } = await dut.steady();
  return unloggedAcks;
});

claim('round-trip.median', 'takes the time of the network for a round trip', bounds.medianRttUs, async (dut) => {
  const { medianRtt } = await dut.steady();
  return medianRtt;
});

claim('round-trip.late', 'is acked before its next send', bounds.lateRoundTrips, async (dut) => {
  const { lateAcks } = await dut.steady();
  return lateAcks;
});
