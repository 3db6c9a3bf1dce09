import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram, type RunningProgram } from '../process/start-program.ts';

const program = `
import socketserver, sys
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(b"Ok!", self.client_address)
server = socketserver.UDPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
`;

/** Python's own UDP server. @returns `undefined` where there is no Python (`HIL_PYTHON`, else `python3`) */
export async function startPythonServer(port: number, dir: string): Promise<RunningProgram | undefined> {
  const file = join(dir, 'server.py');
  await writeFile(file, program);
  try {
    return await startProgram({
      command: process.env['HIL_PYTHON'] ?? 'python3',
      args: [file, String(port)],
      name: "Python's socketserver",
      readyTimeoutMs: 10_000,
    });
  } catch {
    return undefined;
  }
}
