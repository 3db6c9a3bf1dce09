/** The serial process: owns a port of this host, which node-serialport can't read in a worker thread. */
import { answerParent, childData } from '../process/child-calls.ts';
import { createSerialService, type SerialListener, type SerialServiceData } from './serial-service.ts';
import { tellBy } from './tell-by.ts';

const service = createSerialService(childData() as SerialServiceData, () => tellBy(parent));
const parent = answerParent<SerialListener>(service);
