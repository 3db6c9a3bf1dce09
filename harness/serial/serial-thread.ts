/** The serial thread: owns the port of a board behind a URL. */
import { answerCalls } from '../process/thread-calls.ts';
import { threadData } from '../process/thread.ts';
import { createSerialService, type SerialListener, type SerialServiceData } from './serial-service.ts';
import { tellBy } from './tell-by.ts';

const service = createSerialService(threadData() as SerialServiceData, () => tellBy(main));
const main = answerCalls<SerialListener>(service);
