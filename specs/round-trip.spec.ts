import {
  impossibleRoundTrips,
  lateAckShare,
  medianRttUs,
  unloggedAcks,
} from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('round-trip.acks', 'logs the ack to every datagram', bounds.unloggedAcks, async (dut) =>
  unloggedAcks(await dut.steady()),
);

claim('round-trip.median', 'has a median round trip below its period', bounds.medianRttUs, async (dut) =>
  medianRttUs(await dut.steady()),
);

claim('round-trip.late', 'is acked before its next send, 19 times of 20', bounds.lateAckShare, async (dut) =>
  lateAckShare(await dut.steady()),
);

claim('round-trip.true', 'logs round trips that can be true', bounds.impossibleRoundTrips, async (dut) =>
  impossibleRoundTrips(await dut.steady()),
);
