import { datagramsBeyondEchoes, medianEchoMs, unechoedProbes } from '../../harness/analysis/echo-figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('echo.complete', 'sends back each datagram, byte for byte', bounds.unechoed, async (dut) =>
  unechoedProbes(await dut.steady()),
);

claim('echo.only', 'sends nothing else', bounds.beyondEchoes, async (dut) =>
  datagramsBeyondEchoes(await dut.steady()),
);

claim('echo.median', 'has a median round trip below 100 ms', bounds.medianEchoMs, async (dut) =>
  medianEchoMs(await dut.steady()),
);
